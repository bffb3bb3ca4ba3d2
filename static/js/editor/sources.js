// Where a wire's value comes from: one field, several, or a fixed value; and what is
// written where there is none. Parts of the panel.
import { el, icon } from "./dom.js";
import { AWAY, isFixed, keysOf, sourceOf } from "./store.js";

const FIELD = "field";
const FIXED = "fixed";
const BY_TAG = "by_tag";

export const createSources = (data, words, acts) => {
  let opened = null; // the wire whose defaults were opened: an answer must not close them
  const factsOf = (side, key) => data.sides[side].fields.find((field) => field.key === key);
  const howOf = (wire) =>
    isFixed(wire) ? FIXED : (["template", "first_of", BY_TAG].find((how) => how in (wire.gather ?? {})) ?? FIELD);

  // --- small parts ---
  const row = (label, field) => el("label", { class: "p-row" }, el("span", { class: "form-label" }, label), field);

  // A value a field can hold: one of its options, or any text.
  const valueOf = (side, key, value, name, empty, onchange) => {
    const options = words.options(side, key);
    const given = { "aria-label": name, disabled: !acts.canWrite, onchange: (event) => onchange(event.target.value) };
    if (!options.length) return el("input", { class: "form-control", type: "text", maxlength: 500, value: value ?? "", placeholder: empty, ...given });
    const known = value && !options.includes(value) ? [value, ...options] : options;
    return el(
      "select",
      { class: "form-select", ...given },
      el("option", { value: "" }, empty),
      known.map((each) => el("option", { value: each, selected: each === value }, each)),
    );
  };

  const fieldChooser = (side, name, without, onchange) =>
    el(
      "select",
      { class: "form-select form-sm", "aria-label": name, onchange: (event) => event.target.value && onchange(event.target.value) },
      el("option", { value: "" }, `${name}…`),
      data.sides[side].fields
        .filter((field) => !without.includes(field.key))
        .map((field) => el("option", { value: field.key }, `${field.label} (${field.group})`)),
    );

  const remover = (name, act) =>
    el("button", { type: "button", class: "icon-btn", "aria-label": name, onclick: act }, icon("x", "i-12"));

  // --- how the value is made ---
  const begun = (how, wire, side) => {
    const own = wire[side];
    if (how === "template") return { template: `{${own}} ` };
    if (how === "first_of") return { first_of: [own] };
    return { by_tag: [["", ""]] };
  };

  const choose = (wire, side, how) => {
    const direction = side === "left" ? "left_to_right" : "right_to_left";
    if (how === FIELD) acts.edit(wire.id, { gather: undefined });
    else acts.edit(wire.id, { gather: begun(how, wire, side), direction });
  };

  const chooser = (wire, side) => {
    const hows = [
      [FIELD, `“${words.label(side, wire[side])}” alone`],
      ["template", "a text made of several fields"],
      ["first_of", "the first field that is not empty"],
    ];
    const how = howOf(wire);
    if (factsOf(side, wire[side])?.list || how === BY_TAG) hows.push([BY_TAG, "a value by tag"]);
    return row(
      "Comes from",
      el(
        "select",
        { class: "form-select", disabled: !acts.canWrite, onchange: (event) => choose(wire, side, event.target.value) },
        hows.map(([value, text]) => el("option", { value, selected: value === how }, text)),
      ),
    );
  };

  const template = (wire, side) => {
    const { template: text } = wire.gather;
    const change = (changed) => acts.edit(wire.id, { gather: { template: changed } });
    return el(
      "div",
      { class: "g-part" },
      el("input", { class: "form-control", type: "text", maxlength: 1000, "aria-label": "Text", value: text, disabled: !acts.canWrite, onchange: (event) => change(event.target.value) }),
      el("span", { class: "tiny mute" }, "Fields stand in braces: ", keysOf(wire, side).map((key) => `{${key}} is ${words.label(side, key)}`).join(", ")),
      acts.canWrite && fieldChooser(side, "Insert a field", [], (key) => change(`${text.trimEnd()} {${key}}`)),
    );
  };

  const firstOf = (wire, side) => {
    const keys = wire.gather.first_of;
    const change = (changed) => acts.edit(wire.id, { gather: { first_of: changed } });
    return el(
      "div",
      { class: "g-part" },
      el(
        "ol",
        { class: "g-list" },
        keys.map((key, place) =>
          el(
            "li",
            {},
            el("span", { class: "clip" }, words.label(side, key)),
            acts.canWrite && place > 0 &&
              el("button", { type: "button", class: "icon-btn", "aria-label": `Ask ${words.label(side, key)} earlier`, onclick: () => change([...keys.slice(0, place - 1), key, keys[place - 1], ...keys.slice(place + 1)]) }, icon("arrow-up", "i-12")),
            acts.canWrite && keys.length > 1 && key !== wire[side] &&
              remover(`Leave out ${words.label(side, key)}`, () => change(keys.filter((each) => each !== key))),
          ),
        ),
      ),
      acts.canWrite && fieldChooser(side, "Add a field", keys, (key) => change([...keys, key])),
    );
  };

  const byTag = (wire, side) => {
    const { by_tag: rows, otherwise } = wire.gather;
    const change = (changed) => acts.edit(wire.id, { gather: { ...wire.gather, ...changed } });
    const put = (place, at, value) =>
      change({ by_tag: rows.map((each, n) => (n === place ? each.map((cell, k) => (k === at ? value : cell)) : each)) });
    const tags = words.options(side, wire[side]);
    const list = `tags-${wire.id}`;
    return el(
      "div",
      { class: "g-part" },
      tags.length ? el("datalist", { id: list }, tags.map((each) => el("option", { value: each }))) : "",
      rows.map(([tag, value], place) =>
        el(
          "div",
          { class: "g-row" },
          el("input", { class: "form-control", type: "text", maxlength: 500, list: tags.length ? list : null, "aria-label": `Tag ${place + 1}`, placeholder: "with the tag", value: tag, disabled: !acts.canWrite, onchange: (event) => put(place, 0, event.target.value) }),
          valueOf(AWAY[side], wire[AWAY[side]], value, `Value for tag ${place + 1}`, "write", (text) => put(place, 1, text)),
          acts.canWrite && rows.length > 1 && remover(`Remove tag ${place + 1}`, () => change({ by_tag: rows.filter((_, n) => n !== place) })),
        ),
      ),
      acts.canWrite && el("button", { type: "button", class: "btn btn-sm", onclick: () => change({ by_tag: [...rows, ["", ""]] }) }, icon("plus"), "Add a tag"),
      el("label", { class: "g-else" }, el("span", { class: "small mute" }, "without any of them"),
        valueOf(AWAY[side], wire[AWAY[side]], otherwise, "Without any of them", "stays as it is", (text) => change({ otherwise: text || undefined }))),
      el("p", { class: "tiny mute" }, "The first row whose tag is there counts."),
    );
  };

  const HOWS = { template, first_of: firstOf, [BY_TAG]: byTag };
  const ONE_WAY = "Goes one way: a value made of several fields cannot be taken apart again.";

  const gathering = (wire) => {
    const side = sourceOf(wire);
    const how = howOf(wire);
    const part = HOWS[how]?.(wire, side);
    return [chooser(wire, side), part ? el("div", { class: "g-box" }, part, el("p", { class: "tiny mute" }, ONE_WAY)) : ""];
  };

  const fixed = (wire) => {
    const to = wire.left ? "left" : "right";
    return [
      row("Always write", valueOf(to, wire[to], wire.constant, "Always write", "a value", (constant) => acts.edit(wire.id, { constant }))),
    ];
  };

  // What is written on a side when somebody is new there and the source has nothing.
  const fallback = (wire, to) =>
    row(
      "If empty",
      valueOf(to, wire[to], wire.default?.[to], `If empty, ${words.system(to)} gets`, "nothing", (text) => {
        const { [to]: _, ...rest } = wire.default ?? {};
        acts.edit(wire.id, { default: text ? { ...rest, [to]: text } : rest });
      }),
    );

  const fallbacks = (wire) =>
    ["right", "left"]
      .filter((to) => wire.direction !== (to === "right" ? "right_to_left" : "left_to_right"))
      .map((to) => el("div", { class: "g-if" }, wire.direction === "both" ? el("span", { class: "tiny mute" }, words.toward(to)) : "", fallback(wire, to)));

  const parts = (wire) => (isFixed(wire) ? fixed(wire) : gathering(wire));
  const whenEmpty = (wire) =>
    isFixed(wire)
      ? ""
      : el(
          "details",
          {
            class: "g-more",
            open: opened === wire.id || Object.keys(wire.default ?? {}).length > 0,
            ontoggle: (event) => {
              if (event.target.isConnected) opened = event.target.open ? wire.id : null;
            },
          },
          el("summary", { class: "small" }, "When the source is empty"),
          el("p", { class: "tiny mute" }, "Written once, when a person is new there."),
          fallbacks(wire),
        );
  return { parts, whenEmpty };
};
