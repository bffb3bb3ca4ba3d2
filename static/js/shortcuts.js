// The keyboard: Ctrl K searches; single keys (/, ?, and g with a letter) only where nobody
// types, and only while they are switched on in the sheet of data-keys. An element with
// data-own-keys takes its letters for itself, as the mapping editor does.
import { openPalette } from "./palette.js";

const sheet = document.querySelector("[data-keys]");
const single = sheet?.querySelector("[data-keys-single]");
const NEXT_KEY_MS = 1500;
let prefixed = 0; // when g was pressed

const kept = {
  read: () => {
    try {
      return localStorage.getItem("single-keys") !== "off";
    } catch {
      return true; // storage is switched off
    }
  },
  write: (on) => {
    try {
      localStorage.setItem("single-keys", on ? "on" : "off");
    } catch {
      // kept for this page only
    }
  },
};

const isTyping = (target) =>
  target.isContentEditable ||
  target.closest("input, select, textarea, [role=combobox], dialog, [data-own-keys], [data-editor]");

const go = (key) => {
  const link = document.querySelector(`.side [data-key="${CSS.escape(key)}"]`);
  link?.click();
  return Boolean(link);
};

const alone = {
  "/": openPalette,
  "?": () => sheet.showModal(),
  g: () => (prefixed = performance.now()),
};

document.addEventListener("keydown", (event) => {
  if (!sheet || event.defaultPrevented || event.isComposing) return;
  const { key } = event;
  if ((event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey) {
    if (key.toLowerCase() !== "k") return;
    event.preventDefault();
    openPalette();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  if (!single.checked || isTyping(event.target)) return;
  const wasPrefixed = performance.now() - prefixed < NEXT_KEY_MS && prefixed > 0;
  prefixed = 0;
  if (wasPrefixed && go(key)) event.preventDefault();
  else if (Object.hasOwn(alone, key)) {
    event.preventDefault();
    alone[key]();
  }
});

if (sheet) {
  single.checked = kept.read();
  single.addEventListener("change", () => kept.write(single.checked));
  sheet.querySelector("[data-keys-close]").addEventListener("click", () => sheet.close());
  sheet.addEventListener("click", (event) => {
    if (event.target === sheet) sheet.close(); // beside it
  });
  document.querySelectorAll("[data-keys-open]").forEach((button) => {
    button.addEventListener("click", () => sheet.showModal());
  });
}
