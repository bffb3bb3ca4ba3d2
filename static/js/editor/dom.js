// Making elements. Texts become text nodes: nothing from an account is ever markup.
export const $ = (selector, from = document) => from.querySelector(selector);
export const $$ = (selector, from = document) => [...from.querySelectorAll(selector)];

export const el = (tag, attributes = {}, ...children) => {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return made;
};

const SVG = "http://www.w3.org/2000/svg";
export const svg = (tag, attributes = {}, ...children) => {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
};

// Whether somebody is typing a value into one of these places and has not given it yet: an
// answer that comes meanwhile must not paint the place anew. `left`: it was left unchanged.
export const watchTyping = (places, left) => {
  let at = null;
  document.addEventListener("input", (event) => {
    if (event.target.matches("input, textarea") && event.target.closest(places)) at = event.target;
  });
  document.addEventListener("change", () => {
    at = null;
  });
  document.addEventListener("focusout", () => {
    if (!at) return;
    at = null;
    left();
  });
  return () => Boolean(at?.isConnected);
};

// Does what it is given at once, or when the pointer is let go and has clicked: a button
// that is made anew while it is pressed would lose the click.
export const watchPointer = () => {
  let isDown = false;
  const waiting = new Set();
  const letGo = () =>
    setTimeout(() => {
      isDown = false;
      for (const act of waiting) act();
      waiting.clear();
    });
  addEventListener("pointerdown", () => (isDown = true), true);
  for (const end of ["pointerup", "pointercancel", "blur"]) addEventListener(end, letGo);
  return (act) => {
    if (isDown) waiting.add(act);
    else act();
  };
};

let sprite = "";
export const useSprite = (url) => {
  sprite = url;
};
export const icon = (name, kind = "") =>
  svg(
    "svg",
    { class: `i ${kind}`.trim(), "aria-hidden": "true" },
    svg("use", { href: `${sprite}#${name}` }),
  );

export const DIRECTIONS = {
  both: "arrows-left-right",
  left_to_right: "arrow-right",
  right_to_left: "arrow-left",
};
