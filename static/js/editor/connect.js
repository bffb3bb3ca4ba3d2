// Connecting two fields: by click and click, by dragging, by keyboard alone.
import { $, $$ } from "./dom.js";

const FAR = 6; // pixels before a press becomes a drag
const OTHER = { left: "right", right: "left" };

export const startConnecting = (store, fields, wires, acts, say) => {
  const canvas = $("[data-canvas]");

  const arm = (row) => {
    store.arm(row ? { side: row.dataset.side, key: row.dataset.key } : null);
    if (!row) wires.thread(null);
    else say(`${row.dataset.label} chosen. Now choose a field on the other side, or press Escape.`);
  };

  const join = (one, two) => {
    const [left, right] = one.dataset.side === "left" ? [one, two] : [two, one];
    arm(null);
    acts.connect(left.dataset.key, right.dataset.key);
  };

  const armedRow = () => store.armed && fields.row(store.armed.side, store.armed.key);

  const press = (row) => {
    if (!acts.canWrite) return acts.showWireOf(row);
    const armed = armedRow();
    if (armed && armed.dataset.side !== row.dataset.side) join(armed, row);
    else if (armed === row) {
      arm(null);
      say("Let go.");
    } else {
      acts.showWireOf(row);
      arm(row);
    }
    return undefined;
  };

  // --- pointer: a click arms, a drag draws a thread to where it is let go ---
  let drag = null;
  let justDragged = false;
  const rowAt = (x, y) => document.elementFromPoint(x, y)?.closest("[data-field]");

  for (const row of fields.rows) {
    row.addEventListener("click", () => {
      if (!justDragged) press(row);
      justDragged = false;
    });
    row.addEventListener("pointerdown", (event) => {
      if (event.button !== 0 || !acts.canWrite) return;
      drag = { row, x: event.clientX, y: event.clientY, isOn: false };
    });
  }

  let moved = null;
  let asked = 0;
  const follow = (event) => {
    if (!drag && !store.armed) return;
    moved = { x: event.clientX, y: event.clientY };
    asked ||= requestAnimationFrame(() => {
      asked = 0;
      trace();
    });
  };
  const trace = () => {
    if (drag && !drag.isOn && Math.hypot(moved.x - drag.x, moved.y - drag.y) > FAR) {
      drag.isOn = true;
      canvas.classList.add("dragging");
      arm(drag.row);
    }
    if (!store.armed) return;
    const over = rowAt(moved.x, moved.y);
    const isPartner = over && over.dataset.side !== store.armed.side;
    wires.thread(
      store.armed,
      isPartner ? { side: over.dataset.side, key: over.dataset.key } : wires.inside(moved.x, moved.y),
    );
  };
  const drop = (event) => {
    const begun = drag;
    drag = null;
    canvas.classList.remove("dragging");
    if (!begun?.isOn) return;
    justDragged = true;
    setTimeout(() => {
      justDragged = false;
    });
    const over = rowAt(event.clientX, event.clientY);
    if (over && over.dataset.side === OTHER[begun.row.dataset.side]) join(begun.row, over);
    else {
      arm(null);
      say("Let go between fields: nothing was connected.");
    }
  };
  canvas.addEventListener("pointermove", follow);
  window.addEventListener("pointerup", drop);
  window.addEventListener("pointercancel", () => {
    const wasDragged = drag?.isOn;
    drag = null;
    canvas.classList.remove("dragging");
    if (wasDragged) arm(null); // scrolling by finger lets go of nothing
  });
  canvas.addEventListener("dragstart", (event) => event.preventDefault());

  // --- keyboard: arrows within and across, letters search, Enter connects ---
  const move = (row, step) => {
    const rows = fields.shownRows(row.dataset.side);
    rows[rows.indexOf(row) + step]?.focus();
  };
  const cross = (row) => {
    const there = fields.shownRows(OTHER[row.dataset.side]);
    const wire = store.lines.find((line) => line[row.dataset.side] === row.dataset.key);
    const partner = wire && fields.row(OTHER[row.dataset.side], wire[OTHER[row.dataset.side]]);
    const height = row.getBoundingClientRect().top;
    const level = there.reduce(
      (best, each) =>
        Math.abs(each.getBoundingClientRect().top - height) <
        Math.abs((best?.getBoundingClientRect().top ?? Infinity) - height)
          ? each
          : best,
      null,
    );
    (partner?.offsetParent ? partner : level)?.focus();
  };
  const find = (side, text) => {
    const input = $("[data-find]", fields.headOf(side));
    input.focus();
    input.value = text;
    input.dispatchEvent(new Event("input", { bubbles: true }));
  };
  const keys = {
    ArrowDown: (row) => move(row, 1),
    ArrowUp: (row) => move(row, -1),
    Home: (row) => fields.shownRows(row.dataset.side)[0]?.focus(),
    End: (row) => fields.shownRows(row.dataset.side).at(-1)?.focus(),
    ArrowRight: (row) => row.dataset.side === "left" && cross(row),
    ArrowLeft: (row) => row.dataset.side === "right" && cross(row),
    Escape: () => arm(null),
    Delete: (row) => acts.removeWireOf(row),
  };
  for (const side of ["left", "right"]) {
    fields.columns[side].addEventListener("keydown", (event) => {
      const row = event.target.closest("[data-field]");
      if (!row || event.ctrlKey || event.metaKey || event.altKey) return;
      if (keys[event.key]) keys[event.key](row);
      else if (/^[\p{L}\p{N}]$/u.test(event.key)) find(side, event.key);
      else return;
      event.preventDefault();
    });
    const input = $("[data-find]", fields.headOf(side));
    input.addEventListener("input", () => {
      const shown = fields.filter(side);
      say(shown === 1 ? "One field fits." : `${shown} fields fit.`);
      wires.draw();
    });
    input.addEventListener("keydown", (event) => {
      const rows = fields.shownRows(side);
      if (event.key === "ArrowDown") rows[0]?.focus();
      else if (event.key === "Enter" && rows.length) {
        rows[0].focus();
        press(rows[0]);
      } else if (event.key === "Escape") {
        input.value = "";
        fields.filter(side);
        wires.draw();
        if (!rows.length) return;
        rows[0].focus();
      } else return;
      event.preventDefault();
    });
  }
  for (const button of $$("[data-fold]")) {
    button.addEventListener("click", () => {
      const group = button.closest("[data-group]");
      fields.open(group, button.getAttribute("aria-expanded") !== "true");
      wires.draw();
    });
  }
  return { arm };
};
