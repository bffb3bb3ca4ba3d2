// What the editor knows: the lines of the draft, what is chosen, what the server said of
// them. Changes of lines can be undone; everything else is only how it is looked at.
export const formOf = ({ id, ...line }) => JSON.stringify(line);
const copy = (value) => structuredClone(value);

export const blankLine = (left, right, direction) => ({
  left,
  right,
  direction,
  write: "always",
  conflict: "",
  to_right: [],
  to_left: [],
});

export const AWAY = { right: "left", left: "right" };
// The side that a wire which goes one way comes from.
export const sourceOf = (wire) => (wire.direction === "right_to_left" ? "right" : "left");
// A wire of one field alone writes a value that is always the same.
export const isFixed = (wire) => !wire.left || !wire.right;

export const fixedLine = (side, key) => ({
  ...blankLine("", "", side === "right" ? "left_to_right" : "right_to_left"),
  [side]: key,
  constant: "",
});

// All fields of a side that a wire begins or ends with, its own first.
export const keysOf = (wire, side) => {
  const own = wire[side] ? [wire[side]] : [];
  if (!wire.gather || sourceOf(wire) !== side) return own;
  const { template = "", first_of: first = [] } = wire.gather;
  const named = [...template.matchAll(/\{([^{}]+)\}/g)].map(([, key]) => key.trim());
  return [...new Set([...own, ...named, ...first])];
};

export const createStore = (data) => {
  let number = 0;
  const identified = (line) => ({ ...copy(line), id: (number += 1) });
  const listeners = new Map();
  const past = [];
  const future = [];
  const store = {
    lines: data.lines.map(identified),
    suggestions: data.suggestions.map(identified),
    direction: data.direction,
    selected: null, // id of a line or a suggestion
    armed: null, // {side, key} of a field that waits for its partner
    sample: data.sample,
    results: null, // the server's last answer about these lines
    problem: "", // why the last answer did not come

    on(what, listener) {
      listeners.set(what, [...(listeners.get(what) ?? []), listener]);
    },
    tell(what, detail) {
      for (const listener of listeners.get(what) ?? []) listener(detail);
    },

    line: (id) => store.lines.find((line) => line.id === id),
    suggestion: (id) => store.suggestions.find((line) => line.id === id),
    wire: (id) => store.line(id) ?? store.suggestion(id),
    at: (side, key) => store.lines.filter((line) => keysOf(line, side).includes(key)),
    // All that the server said of a line: its values, what is wrong, how others fare.
    resultOf(line) {
      const place = store.results?.ids.indexOf(line.id) ?? -1;
      if (place < 0) return null;
      const errors = store.results.checks.errors
        .filter((each) => each.line === place)
        .map((each) => ({ level: "error", title: each.title, text: "" }));
      const report = store.reports.get(formOf(line)) ?? { notes: [], others: [] };
      const notes = [...errors, ...report.notes];
      const level = errors.length ? "error" : notes.some((each) => each.level === "warning") ? "warning" : "";
      return { ...store.results.wires[place], notes, others: report.others, level };
    },
    reports: new Map(), // form of a line → what it does to many people
    unreported: () => store.lines.filter((line) => !store.reports.has(formOf(line))),
    keepReports(lines, reports) {
      lines.forEach((line, place) => store.reports.set(formOf(line), reports[place]));
    },

    // Change the lines: `act` gets them and may alter them. `words` is announced.
    change(act, words = "") {
      past.push({ lines: copy(store.lines), suggestions: copy(store.suggestions) });
      if (past.length > 200) past.shift();
      future.length = 0;
      act(store.lines);
      store.tell("lines", { words });
    },
    undo: () => travel(past, future, "Undone."),
    redo: () => travel(future, past, "Done again."),
    get canUndo() {
      return past.length > 0;
    },
    get canRedo() {
      return future.length > 0;
    },

    connect(left, right, direction) {
      const same = store.lines.find((line) => line.left === left && line.right === right);
      if (same) {
        store.select(same.id);
        return same;
      }
      const suggested = store.suggestions.find((s) => s.left === left && s.right === right);
      const line = identified(suggested ? asLine(suggested) : blankLine(left, right, direction));
      store.change((lines) => {
        lines.push(line);
        store.suggestions = store.suggestions.filter((s) => s.left !== left && s.right !== right);
      });
      store.select(line.id);
      return line;
    },
    addFixed(side, key) {
      const same = store.lines.find((line) => isFixed(line) && line[side] === key);
      if (same) {
        store.select(same.id);
        return same;
      }
      const line = identified(fixedLine(side, key));
      store.change((lines) => lines.push(line));
      store.select(line.id);
      return line;
    },
    accept(ids) {
      const wanted = store.suggestions.filter((each) => ids.includes(each.id));
      store.change((lines) => {
        for (const each of wanted) lines.push({ ...asLine(each), id: each.id });
        store.suggestions = store.suggestions.filter((each) => !ids.includes(each.id));
      });
      return wanted;
    },
    dismiss(id) {
      const gone = store.suggestion(id);
      store.change(() => {
        store.suggestions = store.suggestions.filter((each) => each.id !== id);
      });
      if (store.selected === id) store.select(null);
      return gone;
    },
    remove(id) {
      const place = store.lines.findIndex((line) => line.id === id);
      if (place < 0) return;
      store.change((lines) => lines.splice(place, 1));
      store.select(null);
    },
    edit(id, changes) {
      if (store.line(id)) store.change(() => Object.assign(store.line(id), copy(changes)));
    },
    select(id) {
      store.selected = id;
      store.tell("selected");
    },
    arm(field) {
      store.armed = field;
      store.tell("armed");
    },
    // What is sent and stored: lines without what only this page knows.
    draft: () => ({
      direction: store.direction,
      lines: store.lines.map(({ id, ...line }) => line),
    }),
  };

  const asLine = ({ confidence, reasons, ...line }) => copy(line);
  const travel = (from, to, words) => {
    if (!from.length) return false;
    to.push({ lines: copy(store.lines), suggestions: copy(store.suggestions) });
    Object.assign(store, from.pop());
    if (store.selected && !store.wire(store.selected)) store.selected = null;
    store.tell("lines", { words });
    store.tell("selected");
    return true;
  };
  return store;
};
