// The mapping editor: data-editor on the page's box. Its data is in #editor-data, written
// by mapping/editor.py; what it sends is answered by mapping/api.py.
import { createApi, isOvertaken, later } from "./api.js";
import { $, $$, useSprite, watchPointer, watchTyping } from "./dom.js";
import { createFields } from "./fields.js";
import { createList } from "./list.js";
import { createPanel } from "./panel.js";
import { createStore } from "./store.js";
import { createWires } from "./wires.js";
import { createWords } from "./words.js";
import { startConnecting } from "./connect.js";
import { startBar } from "./bar.js";

const PREVIEW_AFTER = 60; // ms: a change and its answer are one moment to the eye
const SAVE_AFTER = 700;

const start = (box) => {
  const data = JSON.parse($("#editor-data").textContent);
  useSprite(box.dataset.sprite);
  const store = createStore(data);
  const words = createWords(data);
  const api = createApi(data.urls, box.dataset.csrf);
  const said = $("[data-said]");
  const say = (text) => {
    said.textContent = text;
  };

  const fieldOf = (side, key) => data.sides[side].fields.find((field) => field.key === key);
  const mayWrite = (side, key) => Boolean(fieldOf(side, key)?.writable);
  const mayFlow = (wire, direction) =>
    (direction === "right_to_left" || mayWrite("right", wire.right)) &&
    (direction === "left_to_right" || mayWrite("left", wire.left));
  const usualDirection = (left, right) =>
    ["both", "left_to_right", "right_to_left"].find((way) => mayFlow({ left, right }, way)) ?? "both";

  const acts = {
    canWrite: data.can_write,
    mayFlow,
    mayWrite,
    levelOf: (wire) => store.resultOf(wire)?.level ?? "",
    select: (id) => store.select(id),
    connect(left, right) {
      const line = store.connect(left, right, usualDirection(left, right));
      say(`Connected ${words.name(line)}.`);
    },
    fix(side, key) {
      connecting.arm(null);
      const line = store.addFixed(side, key);
      store.tell("selected", { focus: '[aria-label="Always write"]' });
      say(`${words.end(side, line)} gets a fixed value. Say which.`);
    },
    edit: (id, changes) => store.edit(id, changes),
    remove(id) {
      const line = store.line(id);
      store.remove(id);
      say(`Removed ${words.name(line)}. Undo brings it back.`);
    },
    accept(ids) {
      const done = store.accept(ids);
      say(done.length === 1 ? `Accepted ${words.name(done[0])}.` : `Accepted ${done.length} suggestions.`);
      if (done.length === 1) store.select(done[0].id);
    },
    dismiss(id) {
      const gone = store.dismiss(id);
      say(`Dismissed ${words.name(gone)}.`);
      api.send("dismiss", { left: gone.left, right: gone.right }).catch(() => {});
    },
    showWireOf(row) {
      const wires = store.at(row.dataset.side, row.dataset.key);
      store.select(wires[0]?.id ?? null);
    },
    removeWireOf(row) {
      const wire = store.at(row.dataset.side, row.dataset.key)[0];
      if (wire && data.can_write) acts.remove(wire.id);
    },
  };

  const fields = createFields(store, words);
  const wires = createWires(store, fields, words, acts);
  const panel = createPanel(store, data, words, acts);
  const list = createList(store, data, words, panel, acts);
  const connecting = startConnecting(store, fields, wires, acts, say);
  const bar = startBar({ store, api, words, acts, say, look: () => ask(), save: () => save() });

  // --- what the server says of the lines as they are ---
  const ask = async () => {
    if (!data.can_write) {
      store.results = null; // of the person shown before
      store.tell("results");
      return;
    }
    const ids = store.lines.map((line) => line.id);
    try {
      const answer = await api.send("preview", { ...store.draft(), sample: store.sample?.id ?? null });
      store.results = { ...answer, ids };
      store.problem = "";
    } catch (error) {
      if (isOvertaken(error)) return;
      store.problem = "The result could not be worked out just now. Your changes are kept on this page.";
    }
    store.tell("results");
    await askReports();
  };
  // What the lines do to many people takes longer: only of lines that are new, once each.
  const askReports = async () => {
    const lines = store.unreported().map(({ id, ...line }) => line);
    if (!lines.length || !data.can_write) return;
    try {
      const answer = await api.send("report", { lines });
      store.keepReports(lines, answer.reports);
      store.tell("results");
    } catch (error) {
      if (!isOvertaken(error)) store.problem = "How other people fare could not be worked out just now.";
    }
  };
  const askSoon = later(ask, PREVIEW_AFTER);

  // One save at a time: the server may have taken one whose answer nobody waited for.
  let saving = null;
  let isDirty = false;
  const save = () => {
    saving ??= saveAll().finally(() => {
      saving = null;
    });
    return saving;
  };
  const saveAll = async () => {
    while (isDirty) {
      isDirty = false;
      bar.saving();
      try {
        const answer = await api.send("draft", { ...store.draft(), revision: data.revision });
        data.revision = answer.revision;
        bar.saved(answer);
      } catch (error) {
        isDirty = true;
        bar.unsaved(error);
        return false;
      }
    }
    return true;
  };
  window.addEventListener("pagehide", () => {
    if (!isDirty) return;
    const body = JSON.stringify({ ...store.draft(), revision: data.revision });
    const headers = { "Content-Type": "application/json", "X-CSRFToken": box.dataset.csrf };
    fetch(data.urls.draft, { method: "POST", keepalive: true, headers, body });
  });
  const saveSoon = later(save, SAVE_AFTER);

  const paintAll = () => {
    fields.paint();
    wires.draw();
    panel.paint();
    list.paint();
    bar.paint();
  };
  store.on("lines", ({ words: text }) => {
    if (text) say(text);
    isDirty = data.can_write;
    paintAll();
    askSoon();
    saveSoon();
  });
  store.on("selected", (detail) => {
    fields.choose();
    wires.light();
    panel.paint(detail);
    list.paint();
  });
  store.on("armed", () => {
    fields.choose();
    if (!store.selected) panel.paint();
  });
  const paintResults = () => {
    panel.paint();
    list.paint();
  };
  const isUnfinished = watchTyping("[data-panel], [data-list]", paintResults);
  const whenFree = watchPointer();
  const answered = () => {
    fields.values();
    wires.draw();
    if (!isUnfinished()) paintResults();
    bar.paint();
  };
  store.on("results", () => whenFree(answered));

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.target.closest("dialog")) return;
    const isTyping = event.target.closest("input, select, textarea");
    if (event.key === "Escape" && !isTyping) {
      if (store.armed) connecting.arm(null);
      else if (store.selected) {
        const wire = store.wire(store.selected);
        store.select(null);
        if (wire) (fields.row("left", wire.left) ?? fields.row("right", wire.right))?.focus();
      }
    } else if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z" && !isTyping) {
      event.preventDefault();
      if (event.shiftKey) store.redo();
      else store.undo();
    } else if (event.key === "Delete" && store.line(store.selected) && !isTyping && data.can_write && !event.target.closest("[data-field]")) {
      acts.remove(store.selected);
    }
  });
  window.addEventListener(
    "resize",
    later(() => {
      panel.paint();
      list.paint();
    }, 150),
  );
  for (const link of $$("[data-show-wire]")) {
    link.addEventListener("click", () => {
      const line = store.lines[Number(link.dataset.showWire)];
      if (line) store.select(line.id);
    });
  }

  if (data.results) store.results = { ...data.results, ids: store.lines.map((line) => line.id) };
  fields.values();
  paintAll();
  if (data.can_write) ask();
  const wanted = new URLSearchParams(location.search);
  const asked = store.lines.find((line) => line.left === wanted.get("left") || line.right === wanted.get("right"));
  if (asked) {
    store.select(asked.id);
    fields.row("left", asked.left)?.scrollIntoView({ block: "center" });
  }
};

document.querySelectorAll("[data-editor]").forEach(start);
