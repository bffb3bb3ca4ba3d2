// The bar above: the sample person, undo, checks, saving, publishing, history.
import { $, $$, el, icon } from "./dom.js";

const count = (number, one) => (number ? `${number} ${one}${number > 1 ? "s" : ""}` : `no ${one}s`);

export const startBar = ({ store, api, words, acts, say, look, save }) => {
  const on = (selector, act) => $(selector)?.addEventListener("click", act);
  on("[data-undo]", () => store.undo());
  on("[data-redo]", () => store.redo());
  on("[data-accept-all]", () => acts.accept(store.suggestions.map((each) => each.id)));

  // --- the sample person ---
  const fetchSample = async (query) => {
    try {
      const answer = await api.get("sample", query);
      store.sample = answer.sample;
      say(`Showing ${answer.sample?.label ?? "nobody"}.`);
      paint();
      look();
    } catch {
      say("No other person could be fetched just now.");
    }
  };
  on("[data-sample-next]", () => fetchSample({ after: store.sample?.id ?? "" }));
  on("[data-sample-previous]", () => fetchSample({ before: store.sample?.id ?? "" }));
  on("[data-sample-random]", () => fetchSample({ random: "1" }));
  $("[data-sample-form]")?.addEventListener("submit", (event) => {
    event.preventDefault();
    fetchSample({ q: event.target.elements.q.value });
    $("[data-sample-menu]")?.removeAttribute("open");
  });

  // --- what stands in the way ---
  const dialog = $("[data-checks]");
  on("[data-checks-open]", () => {
    const { errors = [] } = store.results?.checks ?? {};
    const warnings = allWarnings();
    const item = (each, mark, tone) =>
      el(
        "li",
        {},
        icon(mark, tone),
        el("div", {}, el("b", {}, each.title), each.text ? el("div", { class: "small mute" }, each.text) : ""),
        each.line === null
          ? ""
          : el("button", { type: "button", class: "btn btn-sm", onclick: () => {
              dialog.close();
              const line = store.lines[each.line];
              if (line) store.select(line.id);
            } }, "Open the wire"),
      );
    $("[data-checks-list]", dialog).replaceChildren(
      ...errors.map((each) => item(each, "circle-x", "st-fail")),
      ...warnings.map((each) => item(each, "alert-triangle", "st-person")),
      ...(errors.length + warnings.length ? [] : [el("li", {}, icon("circle-check", "st-ok"), el("div", {}, "Nothing stands in the way."))]),
    );
    dialog.showModal();
  });
  for (const button of $$("[data-close-dialog]")) button.addEventListener("click", () => button.closest("dialog").close());

  function allWarnings() {
    const found = [...(store.results?.checks.warnings ?? [])];
    store.lines.forEach((line, place) => {
      for (const note of store.resultOf(line)?.notes ?? []) {
        if (note.level === "warning") found.push({ line: place, title: `${words.name(line)}: ${note.title}`, text: note.text });
      }
    });
    return found;
  }

  // --- publishing ---
  const publishing = $("[data-publish-dialog]");
  on("[data-publish]", async () => {
    if (!(await save())) {
      say("Your last changes are not saved, so nothing can be published yet.");
      return;
    }
    const errors = store.results?.checks.errors ?? [];
    if (errors.length) {
      const first = errors.find((each) => each.line !== null);
      if (first) store.select(store.lines[first.line].id);
      else $("[data-checks-open]").click();
      say(`${count(errors.length, "error")} to fix before publishing.`);
      return;
    }
    $("[data-publish-warnings]", publishing).replaceChildren(
      ...allWarnings().map((each) =>
        el("li", {}, icon("alert-triangle", "st-person"), el("div", {}, each.title))),
    );
    const forecast = $("[data-forecast]", publishing); // of a live sync: htmx fetches it
    if (forecast) {
      forecast.replaceChildren(el("p", { class: "mute" }, "Working out what would change…"));
      forecast.dispatchEvent(new Event("look"));
    }
    publishing.showModal();
  });

  // --- states ---
  const state = $("[data-save-state]");
  const paint = () => {
    const { errors = [] } = store.results?.checks ?? {};
    const warnings = allWarnings();
    $("[data-errors]").textContent = count(errors.length, "error");
    $("[data-warnings]").textContent = count(warnings.length, "warning");
    $("[data-errors]").closest(".st").classList.toggle("st-off", !errors.length);
    $("[data-errors]").closest(".st").classList.toggle("st-fail", errors.length > 0);
    $("[data-warnings]").closest(".st").classList.toggle("st-off", !warnings.length);
    $("[data-warnings]").closest(".st").classList.toggle("st-person", warnings.length > 0);
    $("[data-wire-count]").textContent = count(store.lines.length, "wire");
    const hints = store.suggestions.length;
    $("[data-hint-count]").textContent = hints ? `${hints} suggested` : "";
    const all = $("[data-accept-all]");
    if (all) all.hidden = !hints;
    const undo = $("[data-undo]");
    if (undo) undo.disabled = !store.canUndo;
    const redo = $("[data-redo]");
    if (redo) redo.disabled = !store.canRedo;
    const name = $("[data-sample-name]");
    if (name) name.textContent = store.sample?.label ?? "Nobody yet";
    const place = $("[data-sample-place]");
    if (place) place.textContent = store.sample ? `${store.sample.place.toLocaleString()} of ${store.sample.count.toLocaleString()}` : "";
    const problem = $("[data-problem]");
    problem.hidden = !store.problem;
    $("[data-problem-words]", problem).textContent = store.problem;
  };
  return {
    paint,
    saving: () => {
      if (state) state.textContent = "Saving…";
    },
    saved: (answer) => {
      if (state) state.textContent = answer.words;
    },
    unsaved: (error) => {
      if (state) state.textContent = error.answer?.message ?? "Not saved yet. It is tried again with your next change.";
    },
  };
};
