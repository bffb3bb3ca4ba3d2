// The wires between the columns: one group of paths and one knot each, made once and
// moved in place. Places of fields are read once a layout, never while a pointer moves.
import { $, el, icon, svg, DIRECTIONS } from "./dom.js";
import { keysOf, sourceOf } from "./store.js";
import { createPlacer, curve, head, path } from "./geometry.js";

const FIXED = 190;
const EDGE = 9; // from the port to where a line begins
const frames = (act) => {
  let asked = 0;
  return () => {
    asked ||= requestAnimationFrame(() => {
      asked = 0;
      act();
    });
  };
};

export const createWires = (store, fields, words, acts) => {
  const middle = $("[data-middle]");
  const canvas = $("[data-wires]");
  const knots = $("[data-knots]");
  const ghost = svg("path", { class: "ghost" });
  canvas.append(ghost);
  const made = new Map(); // id → its elements
  let box = { width: 0, height: 0 };
  let places = new Map();

  const all = () => [...store.lines, ...store.suggestions];

  const draw = frames(() => {
    measure();
    const wires = all();
    forget(wires);
    for (const wire of wires) dress(wire);
    // every width is read before any knot is moved: one layout for all of them
    const widths = new Map(wires.map((wire) => [wire.id, made.get(wire.id).knot.offsetWidth]));
    const place = createPlacer();
    for (const wire of wires) settle(wire, widths.get(wire.id), place);
    canvas.append(ghost);
    light();
  });

  const measure = () => {
    const frame = middle.getBoundingClientRect();
    box = { width: frame.width, height: frame.height };
    canvas.setAttribute("viewBox", `0 0 ${box.width} ${box.height}`);
    places = fields.places(frame.top);
  };

  const forget = (wires) => {
    const ids = new Set(wires.map((wire) => wire.id));
    for (const [id, parts] of made) {
      if (ids.has(id)) continue;
      parts.group.remove();
      parts.knot.remove();
      made.delete(id);
    }
  };

  const dress = (wire) => {
    const parts = made.get(wire.id) ?? make(wire);
    const isSuggested = Boolean(store.suggestion(wire.id));
    const face = JSON.stringify([wire, isSuggested, acts.levelOf(wire), words.chips(wire)]);
    if (parts.face === face) return;
    parts.face = face;
    const hadFocus = parts.knot.contains(document.activeElement);
    parts.knot.replaceChildren(...(isSuggested ? suggested(wire) : agreed(wire)));
    if (hadFocus) $(".pick", parts.knot).focus();
    const level = acts.levelOf(wire);
    parts.kind = [isSuggested ? "sug" : "", level === "error" ? "err" : "", level === "warning" ? "warn" : ""];
  };

  const make = (wire) => {
    const parts = {
      line: svg("path", { class: "line" }),
      heads: svg("path", { class: "head" }),
      grab: svg("path", { class: "grab" }),
      knot: el("div", { class: "knot" }),
    };
    parts.group = svg("g", { class: "wire" }, parts.line, parts.heads, parts.grab);
    parts.group.addEventListener("click", () => acts.select(wire.id));
    parts.group.addEventListener("pointerenter", () => glow(wire.id, true));
    parts.group.addEventListener("pointerleave", () => glow(wire.id, false));
    canvas.append(parts.group);
    knots.append(parts.knot);
    made.set(wire.id, parts);
    return parts;
  };

  const agreed = (wire) => {
    const level = acts.levelOf(wire);
    const mark = { error: "circle-x", warning: "alert-triangle" }[level];
    return [
      el(
        "button",
        {
          type: "button",
          class: "pick",
          "aria-pressed": String(store.selected === wire.id),
          "aria-label": words.wire(wire, level),
          "data-wire": wire.id,
          onclick: () => acts.select(wire.id),
        },
        mark && icon(mark, "i-12 w"),
        el("span", { class: "dir" }, icon(DIRECTIONS[wire.direction], "i-12")),
        words.chips(wire).map((chip) => el("span", { class: "tr" }, chip)),
      ),
    ];
  };

  const suggested = (wire) => {
    const name = words.name(wire);
    const sure = `${Math.round(wire.confidence * 100)} %`;
    return [
      el(
        "button",
        {
          type: "button",
          class: "pick",
          "aria-pressed": String(store.selected === wire.id),
          "aria-label": `Suggested: ${name}. ${wire.reasons.join(". ")}. ${sure} sure`,
          "data-wire": wire.id,
          onclick: () => acts.select(wire.id),
        },
        icon("sparkles", "i-12"),
        el("b", {}, sure),
        el("span", {}, wire.reasons[0] ?? ""),
      ),
      acts.canWrite &&
        el(
          "button",
          { type: "button", class: "yes", "aria-label": `Accept ${name}`, onclick: () => acts.accept([wire.id]) },
          icon("check", "i-12"),
          "Accept",
        ),
      acts.canWrite &&
        el(
          "button",
          { type: "button", class: "no", "aria-label": `Dismiss ${name}`, onclick: () => acts.dismiss(wire.id) },
          icon("x", "i-12"),
        ),
    ].filter(Boolean);
  };

  // The further fields that a wire of several begins with: each has a line to its end.
  const gathered = (wire, start, end) => {
    const side = sourceOf(wire);
    return keysOf(wire, side)
      .filter((key) => key !== wire[side])
      .map((key) => places.get(`${side} ${key}`))
      .filter((y) => y !== undefined)
      .map((y) => path(side === "left" ? curve({ x: start.x, y }, end) : curve(start, { x: end.x, y })))
      .join("");
  };

  const settle = (wire, width, place) => {
    const parts = made.get(wire.id);
    const left = places.get(`left ${wire.left}`);
    const right = places.get(`right ${wire.right}`);
    const isShown = (left !== undefined || !wire.left) && (right !== undefined || !wire.right);
    parts.group.toggleAttribute("hidden", !isShown);
    parts.group.style.display = isShown ? "" : "none";
    parts.knot.hidden = !isShown;
    if (!isShown) return;
    // a fixed value has a field on one side alone: its knot sits beside that
    const start = { x: wire.left ? EDGE : box.width - FIXED, y: left ?? right };
    const end = { x: wire.right ? box.width - EDGE : FIXED, y: right ?? left };
    const shape = curve(start, end);
    const way = path(shape) + gathered(wire, start, end);
    parts.line.setAttribute("d", way);
    parts.grab.setAttribute("d", way);
    const toRight = wire.direction !== "right_to_left" ? head({ x: end.x + 1, y: end.y }, 1) : "";
    const toLeft = wire.direction !== "left_to_right" ? head({ x: EDGE - 1, y: start.y }, -1) : "";
    parts.heads.setAttribute("d", toRight + toLeft);
    const spot = place(shape, width);
    parts.knot.style.left = `${spot.x}px`;
    parts.knot.style.top = `${spot.y}px`;
  };

  // Which wire is chosen: classes alone, nothing is drawn again.
  const light = () => {
    for (const wire of all()) {
      const parts = made.get(wire.id);
      if (!parts) continue;
      const isChosen = store.selected === wire.id;
      const kind = [...parts.kind, isChosen ? "sel" : ""].filter(Boolean).join(" ");
      parts.group.setAttribute("class", `wire ${kind}`);
      parts.knot.className = `knot ${kind}`;
      parts.knot.firstElementChild?.setAttribute("aria-pressed", String(isChosen));
      if (isChosen) canvas.insertBefore(parts.group, ghost);
    }
  };

  const glow = (id, isOn) => {
    const wire = store.wire(id);
    made.get(id)?.group.classList.toggle("hover", isOn);
    if (wire) fields.glow(wire, isOn);
  };

  // A dotted thread from the chosen field to a point or to the field under the pointer.
  const thread = (from, to) => {
    if (!from) {
      ghost.removeAttribute("d");
      return;
    }
    const begin = { x: from.side === "left" ? EDGE : box.width - EDGE, y: places.get(`${from.side} ${from.key}`) };
    if (begin.y === undefined) return;
    const there = to.key
      ? { x: to.side === "left" ? EDGE : box.width - EDGE, y: places.get(`${to.side} ${to.key}`) }
      : to;
    ghost.setAttribute("d", path(from.side === "left" ? curve(begin, there) : curve(there, begin)));
  };

  const wiresAt = (side, key) => all().filter((wire) => keysOf(wire, side).includes(key));
  fields.onHover((side, key, isOn) => {
    for (const wire of wiresAt(side, key)) made.get(wire.id)?.group.classList.toggle("hover", isOn);
  });
  new ResizeObserver(draw).observe(middle);
  document.fonts?.ready.then(draw);
  return {
    draw,
    light,
    thread,
    // from a place in the window to one of the drawing
    inside: (x, y) => {
      const frame = middle.getBoundingClientRect();
      return { x: Math.min(frame.width, Math.max(0, x - frame.left)), y: y - frame.top };
    },
  };
};
