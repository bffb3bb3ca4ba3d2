// What a wire does, and changing it: direction, write rule, conflicts, the chain of steps
// each way with the value after each, matched values. The same parts serve the panel
// beside the wires and the rows of the narrow list.
import { el, icon, DIRECTIONS } from "./dom.js";
import { AWAY, isFixed } from "./store.js";
import { createSources } from "./sources.js";

const TOWARD = { right: "to_right", left: "to_left" };
const AS_IS = "\u0000as it is";
const LEFT_OUT = "\u0000left out";

export const createPanel = (store, data, words, acts) => {
  let toward = "right"; // which way the chain is shown
  const sources = createSources(data, words, acts);

  const system = (side) =>
    el("span", { class: `sys sys-${side[0]}` }, words.system(side));

  const title = (wire) => [
    el("span", { class: "sys sys-l" }, words.end("left", wire)),
    el("span", { class: "arrow" }, icon(DIRECTIONS[wire.direction], "i-12")),
    el("span", { class: "sys sys-r" }, words.end("right", wire)),
  ];

  // --- what is to be said of it first ---
  const note = (tone, mark, heading, text, ...more) =>
    el(
      "div",
      { class: `note ${tone}`.trim() },
      icon(mark),
      el("div", {}, el("b", {}, heading), " ", text, ...more),
    );
  const LEVELS = {
    error: ["note-fail", "circle-x"],
    warning: ["note-person", "alert-triangle"],
    ok: ["note-ok", "circle-check"],
  };
  const notes = (wire) => {
    if (store.suggestion(wire.id)) {
      const sure = `Suggested, ${Math.round(wire.confidence * 100)} % sure.`;
      const why = wire.reasons.length ? `${wire.reasons.join(". ")}. ` : "";
      const acting = acts.canWrite
        ? el(
            "div",
            { class: "row-flex wrap fixes" },
            el("button", { type: "button", class: "btn btn-sm", onclick: () => acts.accept([wire.id]) }, icon("check"), "Accept"),
            el("button", { type: "button", class: "btn btn-sm btn-quiet", onclick: () => acts.dismiss(wire.id) }, "Dismiss"),
          )
        : "";
      return [note("", "sparkles", sure, `${why}Nothing flows until you accept it.`, acting)];
    }
    const told = store.resultOf(wire)?.notes ?? [];
    return told.map((each) => {
      const fix = each.fix && acts.canWrite && el(
        "div",
        { class: "row-flex wrap fixes" },
        el("button", { type: "button", class: "btn btn-sm", onclick: () => acts.edit(wire.id, each.fix.changes) }, each.fix.words),
      );
      return note(...LEVELS[each.level], each.title, each.text, fix || "");
    });
  };

  // --- rules ---
  const select = (label, value, choices, onchange) => {
    const field = el(
      "select",
      { class: "form-select", onchange: (event) => onchange(event.target.value) },
      choices.map(([each, text]) => el("option", { value: each, selected: each === value }, text)),
    );
    field.disabled = !acts.canWrite;
    return el("label", { class: "p-row" }, el("span", { class: "form-label" }, label), field);
  };

  const rules = (wire) => {
    const ways = Object.entries(DIRECTIONS).map(([value, mark]) =>
      el(
        "button",
        {
          type: "button",
          "aria-pressed": String(wire.direction === value),
          title: words.direction(value),
          "data-direction": value,
          disabled: !acts.canWrite || !acts.mayFlow(wire, value),
          onclick: () => acts.edit(wire.id, { direction: value }),
        },
        el("span", { class: "sr" }, words.direction(value)),
        icon(mark),
      ),
    );
    return el(
      "div",
      { class: "p-set" },
      ...sources.parts(wire),
      !isFixed(wire) && !wire.gather &&
        el(
          "div",
          { class: "p-row" },
          el("span", { class: "form-label" }, "Direction"),
          el("div", { class: "seg", role: "group", "aria-label": "Direction" }, ways),
        ),
      select("Write", wire.write, data.writes, (write) => acts.edit(wire.id, { write })),
      wire.direction === "both" &&
        select("If both changed", wire.conflict, data.conflicts, (conflict) => acts.edit(wire.id, { conflict })),
      sources.whenEmpty(wire),
    );
  };

  // --- the chain ---
  const shown = (value) => (value === "" ? el("span", { class: "faint" }, "empty") : value);

  const option = (wire, steps, place, each) => {
    const step = steps[place];
    const change = (value) => {
      const changed = steps.map((old, n) => (n === place ? { ...old, [each.name]: value } : old));
      acts.edit(wire.id, { [TOWARD[toward]]: changed });
    };
    // what is left empty is not told at all
    const told = (text) => (text === "" ? undefined : each.kind === "number" ? Number(text) : text);
    const given = { "aria-label": each.label, onchange: (event) => change(told(event.target.value)) };
    const limits = each.kind === "number" ? { type: "number", min: each.least, max: each.most, step: 1 } : { type: "text", maxlength: 1000, placeholder: each.example ? `as in ${each.example}` : null };
    const field =
      each.kind === "choice"
        ? el(
            "select",
            { class: "form-select form-sm", ...given },
            each.choices.map(([value, text]) => el("option", { value, selected: value === (step[each.name] ?? each.choices[0][0]) }, text)),
          )
        : el("input", { class: "form-control form-sm", ...limits, value: step[each.name] ?? "", ...given });
    field.disabled = !acts.canWrite;
    return el("label", { class: "c-opt" }, el("span", { class: "tiny mute" }, each.label), field);
  };

  const move = (wire, steps, place, by) => {
    const moved = [...steps];
    moved.splice(place + by, 0, ...moved.splice(place, 1));
    acts.edit(wire.id, { [TOWARD[toward]]: moved });
  };

  const stepItem = (wire, steps, place, value) => {
    const step = steps[place];
    const known = words.transforms.get(step.name);
    const label = known?.label ?? step.name;
    const tools = acts.canWrite && el(
      "span",
      { class: "c-tools" },
      place > 0 && el("button", { type: "button", class: "icon-btn mini", "aria-label": `Move ${label} up`, onclick: () => move(wire, steps, place, -1) }, icon("chevron-up")),
      place < steps.length - 1 && el("button", { type: "button", class: "icon-btn mini", "aria-label": `Move ${label} down`, onclick: () => move(wire, steps, place, 1) }, icon("chevron-down")),
      el("button", { type: "button", class: "icon-btn mini", "aria-label": `Remove the step ${label}`, onclick: () => acts.edit(wire.id, { [TOWARD[toward]]: steps.filter((_, n) => n !== place) }) }, icon("x")),
    );
    return el(
      "li",
      { class: "step" },
      el("span", { class: "at" }, icon("circle", "i-12")),
      el("span", {}, el("b", {}, label), known?.help ? el("span", { class: "faint" }, ` ${known.help}`) : ""),
      tools || "",
      known?.options.length ? el("div", { class: "c-opts" }, known.options.map((each) => option(wire, steps, place, each))) : "",
      el("code", {}, shown(value ?? "")),
    );
  };

  const adder = (wire, steps) => {
    const choices = data.transforms.filter((each) => !each.hidden);
    const chosen = el(
      "select",
      { class: "form-select form-sm", "aria-label": "Add a step", onchange: (event) => {
        const known = words.transforms.get(event.target.value);
        if (!known) return;
        const begun = Object.fromEntries(known.options.filter((o) => o.kind === "choice").map((o) => [o.name, o.choices[0][0]]));
        acts.edit(wire.id, { [TOWARD[toward]]: [...steps, { name: known.name, ...begun }] });
      } },
      el("option", { value: "" }, "Add a step…"),
      choices.map((each) => el("option", { value: each.name }, each.label)),
    );
    return el("li", { class: "add" }, el("span", { class: "at" }, icon("plus", "i-12")), chosen);
  };

  const chain = (wire) => {
    const from = AWAY[toward];
    const way = TOWARD[toward];
    const flows = wire.direction === "both" || wire.direction === (toward === "right" ? "left_to_right" : "right_to_left");
    if (!flows) return el("p", { class: "mute small" }, `Nothing flows ${words.direction(toward === "right" ? "left_to_right" : "right_to_left")}.`);
    const steps = wire[way] ?? [];
    const told = store.resultOf(wire)?.[way];
    const refused = told?.problem;
    return el(
      "ol",
      { class: "chain" },
      el("li", {}, el("span", { class: "at" }, icon("circle", "i-12")), el("span", { class: "mute" }, "From ", system(from)), el("code", {}, shown(told?.value ?? ""))),
      steps.map((_, place) => stepItem(wire, steps, place, told?.steps[place])),
      acts.canWrite && !store.suggestion(wire.id) ? adder(wire, steps) : "",
      el("li", { class: "end" }, el("span", { class: "at" }, icon("circle", "i-12")), el("span", { class: "mute" }, "Written to ", system(toward)),
        el("code", { class: `res ${refused ? "refused" : ""}` }, refused ? `Refused: ${refused}` : shown(told?.result ?? ""))),
    );
  };

  const tabs = () =>
    el(
      "div",
      { class: "seg seg-sm", role: "group", "aria-label": "Which way" },
      ["right", "left"].map((side) =>
        el(
          "button",
          { type: "button", "aria-pressed": String(toward === side), "data-toward": side, onclick: () => {
            toward = side;
            store.tell("selected", { focus: `[data-toward="${side}"]` });
          } },
          words.toward(side),
        ),
      ),
    );

  // Once one value is matched, a value in no row is refused: so the table begins with
  // all that are the same on both sides.
  const match = (wire, told, value, values, right, chosen) => {
    const begun = told.length ? told : values.filter((each) => right.includes(each)).map((each) => [each, each]);
    const rest = begun.filter(([from]) => from !== value);
    const row = [value, chosen === LEFT_OUT ? "" : chosen];
    acts.edit(wire.id, { value_map: chosen === AS_IS ? rest : [...rest, row] });
  };

  // --- matched values of two pick-lists ---
  const matched = (wire) => {
    const left = words.options("left", wire.left);
    const right = words.options("right", wire.right);
    const told = wire.value_map ?? [];
    if (!told.length && (!left.length || !right.length)) return "";
    const values = left.length ? left : told.map(([from]) => from);
    const map = Object.fromEntries(told);
    return el(
      "div",
      {},
      el("h3", { class: "p-sub" }, "Which value is which"),
      el(
        "div",
        { class: "v-map" },
        values.map((value) =>
          el(
            "label",
            { class: "v-row" },
            el("span", {}, value),
            el(
              "select",
              { class: "form-select form-sm", disabled: !acts.canWrite, onchange: (event) => match(wire, told, value, values, right, event.target.value) },
              el("option", { value: AS_IS }, told.length ? "not matched: refused" : "as it is"),
              el("option", { value: LEFT_OUT, selected: map[value] === "" }, "left out"),
              [...new Set([...right, ...Object.values(map)])].filter(Boolean).map((each) =>
                el("option", { value: each, selected: map[value] === each }, each)),
            ),
          ),
        ),
      ),
    );
  };

  const others = (wire) => {
    const people = store.resultOf(wire)?.others ?? [];
    if (!people.length) return "";
    return el(
      "div",
      {},
      el("h3", { class: "p-sub" }, "The same for other people"),
      el("table", { class: "mini-tbl" }, el("tbody", {}, people.map((each) =>
        el("tr", {}, el("th", { scope: "row" }, each.label), el("td", { class: "faint" }, shown(each.value)), el("td", {}, shown(each.result)))))),
    );
  };

  const parts = (wire) => {
    const isSuggested = Boolean(store.suggestion(wire.id));
    if (!isSuggested && wire.direction !== "both") toward = wire.direction === "left_to_right" ? "right" : "left";
    return [
      ...notes(wire),
      isSuggested ? "" : rules(wire),
      el("div", {}, el("div", { class: "p-tabs" }, el("h3", {}, "What happens to the value"), wire.direction === "both" ? tabs() : ""), chain(wire)),
      isSuggested ? "" : matched(wire),
      isFixed(wire) ? "" : others(wire),
    ].filter(Boolean);
  };

  const remover = (wire) =>
    acts.canWrite && !store.suggestion(wire.id)
      ? el("button", { type: "button", class: "btn btn-sm btn-quiet btn-danger-text push", "data-remove": "", onclick: () => acts.remove(wire.id) }, icon("trash"), "Remove wire")
      : "";

  // A field that waits for its partner may also do without one.
  const alone = ({ side, key }) => [
    el("div", { class: "p-head" }, el("h2", {}, el("span", { class: `sys sys-${side[0]}` }, words.label(side, key)))),
    el(
      "div",
      { class: "p-body" },
      el("p", { class: "mute small" }, `Choose a field of ${words.system(AWAY[side])} to connect it with.`),
      acts.mayWrite(side, key)
        ? el("button", { type: "button", class: "btn btn-sm", onclick: () => acts.fix(side, key) }, icon("pencil"), "Always write a fixed value")
        : "",
    ),
  ];

  const place = document.querySelector("[data-panel]");
  const paint = ({ focus } = {}) => {
    const wire = store.wire(store.selected);
    if (getComputedStyle(place).display === "none") {
      place.replaceChildren(); // on narrow screens the list has the same parts
      return;
    }
    if (!wire && store.armed && acts.canWrite) {
      place.replaceChildren(...alone(store.armed));
      return;
    }
    if (!wire) {
      place.replaceChildren(el("div", { class: "p-empty mute" }, acts.canWrite
        ? "Choose a wire to see what it does, or a field on each side to connect them."
        : "Choose a wire to see what it does."));
      return;
    }
    const held = focus ? () => place.querySelector(focus) : focusAgain(place);
    place.replaceChildren(
      el("div", { class: "p-head" }, el("h2", {}, ...title(wire)), el("button", { type: "button", class: "icon-btn", "aria-label": "Close", onclick: () => acts.select(null) }, icon("x"))),
      el("div", { class: "p-body" }, ...parts(wire)),
      el("div", { class: "p-foot" }, remover(wire)),
    );
    held?.(place)?.focus();
  };

  return { paint, parts, title, remover };
};

// What to focus again after a part was made anew: a function that finds it there.
export const focusAgain = (place) => {
  const active = document.activeElement;
  if (!place.contains(active)) return null;
  const found = { direction: active.dataset.direction, label: active.getAttribute("aria-label") };
  const number = [...place.querySelectorAll("label")].indexOf(active.closest("label"));
  const tag = active.tagName.toLowerCase();
  return (again) => {
    if (found.direction) return again.querySelector(`[data-direction="${found.direction}"]`);
    if (found.label) return again.querySelector(`[aria-label="${CSS.escape(found.label)}"]`);
    return number < 0 ? null : again.querySelectorAll("label")[number]?.querySelector(tag);
  };
};
