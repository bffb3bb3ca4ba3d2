// Sets the theme before the first paint, so it is loaded as a blocking script in the
// head. The button with data-theme-toggle goes light → dark → as the system says. Paper
// is always light.
(() => {
  const root = document.documentElement;
  root.dataset.js = ""; // see .if-script in css/base.css
  const system = matchMedia("(prefers-color-scheme: dark)");
  const order = ["light", "dark", "system"];
  const words = { light: "light", dark: "dark", system: "as your system" };

  const read = () => {
    try {
      const kept = localStorage.getItem("theme");
      return order.includes(kept) ? kept : "system";
    } catch {
      return "system"; // storage is switched off
    }
  };
  let choice = read();
  let printing = false;

  const paint = () => {
    const wanted = choice === "dark" || (choice === "system" && system.matches);
    const dark = wanted && !printing;
    root.dataset.bsTheme = dark ? "dark" : "light";
    document.querySelectorAll("[data-theme-toggle]").forEach((button) => {
      const next = order[(order.indexOf(choice) + 1) % order.length];
      button.dataset.themeToggle = choice;
      button.title = `Colours: ${words[choice]}. Change to ${words[next]}`;
      button.setAttribute("aria-label", button.title);
    });
  };

  paint();
  for (const [name, starts] of [["beforeprint", true], ["afterprint", false]]) {
    addEventListener(name, () => {
      printing = starts;
      paint();
    });
  }
  system.addEventListener("change", paint);
  document.addEventListener("DOMContentLoaded", paint);
  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-theme-toggle]")) return;
    choice = order[(order.indexOf(choice) + 1) % order.length];
    try {
      localStorage.setItem("theme", choice);
    } catch {
      // kept for this page only
    }
    paint();
  });
})();
