// The same mapping as a list of rows, for narrow screens: problems first, then wires,
// then suggestions. Connecting is two choices: a field of one side, one of the other.
import { $, el, icon, DIRECTIONS } from "./dom.js";
import { focusAgain } from "./panel.js";

export const createList = (store, data, words, panel, acts) => {
  const place = $("[data-list]");
  let show = "all";
  const rank = (wire) => {
    if (store.suggestion(wire.id)) return 3;
    return { error: 0, warning: 1 }[acts.levelOf(wire)] ?? 2;
  };
  const SHOWN = {
    all: () => true,
    problems: (wire) => rank(wire) < 2,
    suggested: (wire) => rank(wire) === 3,
  };

  const pair = (wire) =>
    el(
      "span",
      { class: "m-pair" },
      el("span", { class: "sys sys-l" }, words.end("left", wire)),
      el("span", { class: "dir" }, icon(DIRECTIONS[wire.direction], "i-12"), el("span", { class: "sr" }, words.direction(wire.direction))),
      el("span", { class: "sys sys-r" }, words.end("right", wire)),
    );

  const STATES = {
    error: ["st st-fail tiny", "circle-x", "Error"],
    warning: ["st st-person tiny", "alert-triangle", "Warning"],
  };
  const about = (wire) => {
    if (store.suggestion(wire.id)) {
      return el("span", { class: "tiny mute" }, icon("sparkles", "i-12"), ` ${Math.round(wire.confidence * 100)} % sure. ${wire.reasons[0] ?? ""}`);
    }
    const state = STATES[acts.levelOf(wire)];
    const chips = words.chips(wire);
    if (!state && !chips.length) return "";
    return el(
      "span",
      { class: "row-flex wrap" },
      chips.map((chip) => el("span", { class: "chip" }, chip)),
      state ? el("span", { class: state[0] }, icon(state[1]), state[2]) : "",
    );
  };

  const row = (wire) => {
    const isSuggested = Boolean(store.suggestion(wire.id));
    const isOpen = store.selected === wire.id;
    const value = store.results?.fields.right?.[wire.right] ?? null;
    const more = el("div", { class: "m-more stack-16" });
    if (isOpen) more.append(...panel.parts(wire), panel.remover(wire));
    const details = el(
      "details",
      { open: isOpen },
      el("summary", { "data-row": wire.id }, pair(wire), value ? el("span", { class: "m-val tiny mute clip" }, value.after || "empty") : "", about(wire)),
      more,
    );
    details.addEventListener("toggle", () => {
      // it is told a moment later: by then another painting may have taken this one's place
      if (!details.isConnected) return;
      if (details.open !== (store.selected === wire.id)) acts.select(details.open ? wire.id : null);
    });
    return el(
      "li",
      { class: `m-row ${isSuggested ? "sug" : ""}` },
      details,
      isSuggested && acts.canWrite
        ? el(
            "div",
            { class: "row-flex" },
            el("button", { type: "button", class: "btn btn-sm", "aria-label": `Accept ${words.name(wire)}`, onclick: () => acts.accept([wire.id]) }, icon("check"), "Accept"),
            el("button", { type: "button", class: "btn btn-sm btn-quiet", "aria-label": `Dismiss ${words.name(wire)}`, onclick: () => acts.dismiss(wire.id) }, "Dismiss"),
          )
        : "",
    );
  };

  // --- connecting two fields without wires: a small form ---
  const options = (side) => {
    const groups = new Map();
    for (const field of data.sides[side].fields) {
      groups.set(field.group, [...(groups.get(field.group) ?? []), field]);
    }
    return [...groups].map(([group, fields]) =>
      el("optgroup", { label: group }, fields.map((field) => el("option", { value: field.key }, field.label))));
  };
  const connector = () => {
    const chosen = (side) =>
      el("label", { class: "stack-4" }, el("span", { class: "form-label" }, `Field of ${words.system(side)}`),
        el("select", { class: "form-select", name: side }, el("option", { value: "" }, "Choose a field"), options(side)));
    return el(
      "form",
      { class: "m-connect", onsubmit: (event) => {
        event.preventDefault();
        const { left, right } = event.target.elements;
        const missing = !left.value ? left : !right.value ? right : null;
        if (missing) missing.focus();
        else {
          acts.connect(left.value, right.value);
          event.target.reset();
          event.target.closest("details").open = false;
        }
      } },
      chosen("left"),
      chosen("right"),
      el("button", { type: "submit", class: "btn" }, icon("plus"), "Connect these two"),
    );
  };

  // made once: what is being chosen in it must outlive every painting
  const filter = el("div", { class: "m-filter" });
  const items = el("ul");
  place.append(
    el("h2", { class: "sr" }, "Wires"),
    filter,
    items,
    acts.canWrite ? el("details", { class: "m-add" }, el("summary", { class: "btn" }, icon("plus"), "Connect two fields"), connector()) : "",
  );

  const paint = () => {
    if (!place.offsetParent && getComputedStyle(place).display === "none") return;
    const wires = [...store.lines, ...store.suggestions].sort((a, b) => rank(a) - rank(b));
    const count = (name) => wires.filter(SHOWN[name]).length;
    const filters = [["all", "All"], ["problems", "Problems"], ["suggested", "Suggested"]].map(([name, text]) =>
      el("button", { type: "button", "aria-pressed": String(show === name), onclick: () => {
        show = name;
        paint();
      } }, `${text} ${count(name)}`));
    const held = document.activeElement?.dataset?.row;
    const open = items.querySelector("details[open] .m-more");
    const within = open && focusAgain(open);
    filter.replaceChildren(el("div", { class: "seg", role: "group", "aria-label": "Show" }, filters));
    items.replaceChildren(...wires.filter(SHOWN[show]).map(row));
    if (held) place.querySelector(`[data-row="${held}"]`)?.focus();
    const opened = within && items.querySelector("details[open] .m-more");
    if (opened) within(opened)?.focus();
  };
  return { paint };
};
