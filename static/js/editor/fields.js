// The two columns of fields: made by the server, kept true here. Searching, folding of
// groups in which nothing is mapped, values of the sample, and where each field stands.
import { $, $$, el } from "./dom.js";
import { keysOf } from "./store.js";

const keyOf = (field) => `${field.dataset.side} ${field.dataset.key}`;

export const createFields = (store, words) => {
  const rows = $$("[data-field]");
  const byKey = new Map(rows.map((row) => [keyOf(row), row]));
  const hovers = [];

  const columns = Object.fromEntries(
    ["left", "right"].map((side) => [side, $(`[data-column="${side}"]`)]),
  );

  // Vertical middles of all fields that are shown, measured in one go.
  const places = (top) => {
    const found = new Map();
    for (const row of rows) {
      if (!row.offsetParent) continue;
      const frame = row.getBoundingClientRect();
      found.set(keyOf(row), frame.top + frame.height / 2 - top);
    }
    return found;
  };

  // --- searching and folding ---
  const filter = (side) => {
    const wanted = $("[data-find]", headOf(side)).value.trim().toLowerCase();
    let shown = 0;
    for (const group of $$("[data-group]", columns[side])) {
      let any = false;
      for (const row of $$("[data-field]", group)) {
        const fits = !wanted || row.dataset.search.includes(wanted);
        row.parentElement.hidden = !fits;
        any ||= fits;
        shown += fits ? 1 : 0;
      }
      group.hidden = !any;
      if (wanted && any) open(group, true);
    }
    $("[data-none]", columns[side]).hidden = shown > 0;
    return shown;
  };
  const headOf = (side) => $(`[data-head="${side}"]`);

  const open = (group, isOpen) => {
    const button = $("[data-fold]", group);
    if (!button) return;
    button.setAttribute("aria-expanded", String(isOpen));
    $("ul", group).hidden = !isOpen;
  };

  const shownRows = (side) => $$("[data-field]", columns[side]).filter((row) => row.offsetParent);

  // --- what each field looks like ---
  const paint = () => {
    const wired = new Set();
    const hinted = new Set();
    for (const line of store.lines) {
      for (const side of ["left", "right"]) for (const key of keysOf(line, side)) wired.add(`${side} ${key}`);
    }
    for (const each of store.suggestions) hinted.add(`left ${each.left}`).add(`right ${each.right}`);
    for (const row of rows) {
      const key = keyOf(row);
      row.classList.toggle("wired", wired.has(key));
      row.classList.toggle("hint", hinted.has(key) && !wired.has(key));
      row.setAttribute("aria-label", words.field(row, store.at(row.dataset.side, row.dataset.key)));
    }
    choose();
  };

  const choose = () => {
    const wire = store.wire(store.selected);
    for (const row of rows) {
      const { side, key } = row.dataset;
      row.classList.toggle("on", Boolean(wire) && keysOf(wire, side).includes(key));
      const isArmed = store.armed?.side === side && store.armed.key === key;
      row.setAttribute("aria-pressed", String(isArmed));
    }
    $("[data-canvas]").dataset.armed = store.armed?.side ?? "";
  };

  // Values of the sample: as they are, or before → after where a wire would write.
  const values = () => {
    for (const row of rows) {
      const { side, key } = row.dataset;
      const told = store.results?.fields[side]?.[key];
      const place = $("[data-value]", row);
      row.classList.toggle("bad", Boolean(told?.problem));
      if (!told) {
        const plain = store.sample?.[side]?.values[key];
        place.replaceChildren(...shown(plain));
      } else if (told.problem) {
        place.replaceChildren(told.problem);
      } else if (told.after !== told.before) {
        const before = told.before === "" ? [] : [el("del", {}, told.before), " "];
        place.replaceChildren(...before, el("ins", {}, told.after));
      } else {
        place.replaceChildren(...shown(told.before));
      }
    }
  };
  const shown = (value) => {
    if (value === undefined) return [el("span", { class: "faint" }, "not read")];
    if (value === "") return [el("span", { class: "faint" }, "empty")];
    return [value];
  };

  const glow = (wire, isOn) => {
    for (const side of ["left", "right"]) {
      for (const key of keysOf(wire, side)) byKey.get(`${side} ${key}`)?.classList.toggle("hover", isOn);
    }
  };

  for (const row of rows) {
    row.addEventListener("pointerenter", () => hovers.forEach((act) => act(row.dataset.side, row.dataset.key, true)));
    row.addEventListener("pointerleave", () => hovers.forEach((act) => act(row.dataset.side, row.dataset.key, false)));
  }

  return {
    rows,
    places,
    paint,
    choose,
    values,
    glow,
    filter,
    open,
    shownRows,
    headOf,
    columns,
    row: (side, key) => byKey.get(`${side} ${key}`),
    onHover: (act) => hovers.push(act),
  };
};
