// data-opens="ID" on a button with aria-expanded: shows and hides the element ID.
// Without this script everything stays shown. Works on parts that htmx brings later.
const apply = (button, open) => {
  const target = document.getElementById(button.dataset.opens);
  if (!target) return;
  target.hidden = !open;
  button.setAttribute("aria-expanded", String(open));
};

const start = (part) =>
  part.querySelectorAll("[data-opens]").forEach((button) => {
    apply(button, button.getAttribute("aria-expanded") === "true");
  });

start(document);
document.addEventListener("htmx:load", (event) => start(event.detail.elt));
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-opens]");
  if (button) apply(button, button.getAttribute("aria-expanded") !== "true");
});
