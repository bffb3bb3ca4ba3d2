// data-palette: the search of the header as a combobox. The focus stays in the field; the
// arrows move through what the server finds (templates/shell/_found.html). Without this
// script the link in the header leads to the same search as a page.
const palette = document.querySelector("[data-palette]");
const field = palette?.querySelector("[data-palette-words]");
const list = palette?.querySelector("[role=listbox]");
const none = palette?.querySelector("[data-palette-none]");
const said = palette?.querySelector("[data-palette-said]");
const isMac = /Mac|iPhone|iPad/.test(navigator.platform);
const PAUSE_MS = 90; // in typing, before the server is asked
let pressed = false; // Enter came before the answer did
let asking = new AbortController();
let pause = 0;

const options = () => [...list.querySelectorAll("[role=option]")];

const choose = (option) => {
  options().forEach((each) => each.setAttribute("aria-selected", String(each === option)));
  if (!option) return field.removeAttribute("aria-activedescendant");
  field.setAttribute("aria-activedescendant", option.id);
  option.scrollIntoView({ block: "nearest" });
};

const step = (by) => {
  const all = options();
  if (!all.length) return;
  const at = all.findIndex((each) => each.ariaSelected === "true");
  choose(all[(at + by + all.length) % all.length]);
};

const show = (words, found) => {
  list.innerHTML = found; // our own template: every value in it is escaped
  field.dataset.asked = words;
  const all = options();
  const isEmpty = all.length === 0;
  none.replaceChildren(...(isEmpty ? list.childNodes : []));
  none.hidden = !isEmpty;
  list.hidden = isEmpty;
  field.setAttribute("aria-expanded", String(!isEmpty));
  choose(all[0]);
  list.scrollTop = 0;
  said.textContent = all.length === 1 ? "One result." : `${all.length} results.`;
  if (pressed && palette.open && words === field.value && all.length) all[0].click();
};

// a question that is overtaken, or left with its page, ends without a word
const ask = async () => {
  asking.abort();
  asking = new AbortController();
  const words = field.value;
  const url = `${field.form.action}?${new URLSearchParams({ q: words })}`;
  const asked = { headers: { "HX-Request": "true" }, signal: asking.signal };
  try {
    const answer = await fetch(url, asked);
    const elsewhere = answer.headers.get("HX-Redirect"); // signed out meanwhile
    if (elsewhere) location.assign(elsewhere);
    else if (answer.ok) show(words, await answer.text());
    else said.textContent = "The search does not answer. Try again.";
  } catch (error) {
    if (error.name !== "AbortError") said.textContent = "The server does not answer.";
  }
};

export const openPalette = () => {
  if (!palette || palette.open) return;
  document.querySelectorAll("dialog[open]").forEach((other) => other.close());
  pressed = false; // not when it closes: that is told late, maybe after it is open again
  palette.showModal();
  field.select();
  ask();
};

const keys = {
  ArrowDown: () => step(1),
  ArrowUp: () => step(-1),
  PageDown: () => step(5),
  PageUp: () => step(-5),
  Enter: () => {
    const chosen = options().find((each) => each.ariaSelected === "true");
    if (field.dataset.asked === field.value && chosen) chosen.click();
    else pressed = true;
  },
};

if (palette) {
  document.querySelectorAll("[data-palette-open]").forEach((link) => {
    link.setAttribute("role", "button");
    link.setAttribute("aria-haspopup", "dialog");
    link.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      openPalette();
    });
    link.addEventListener("keydown", (event) => {
      if (event.key !== " ") return;
      event.preventDefault();
      openPalette();
    });
  });
  if (isMac) {
    document.querySelectorAll("[data-palette-key]").forEach((key) => (key.textContent = "⌘ K"));
  }
  field.addEventListener("keydown", (event) => {
    if (!keys[event.key] || event.isComposing) return;
    event.preventDefault();
    keys[event.key]();
  });
  field.addEventListener("input", () => {
    pressed = false;
    asking.abort(); // an answer to fewer letters is none to these
    clearTimeout(pause);
    pause = setTimeout(ask, PAUSE_MS);
  });
  list.addEventListener("pointermove", (event) => {
    const option = event.target.closest("[role=option]");
    if (option && option.ariaSelected !== "true") choose(option);
  });
  palette.querySelector("[data-palette-close]").addEventListener("click", () => palette.close());
  palette.addEventListener("click", (event) => {
    if (event.target === palette) palette.close(); // beside it
  });
}
