// What is typed, chosen or ticked while an answer is under way stays, though the answer draws
// its part of the page anew: htmx keeps the focus, by the id; this keeps what was entered.
// Where the answer shows something else than stood there when it was asked, the answer stands.
const CONTROLS = "input:not([type=hidden], [type=file]), select, textarea";
let entered = [];

const isTick = (control) => control.type === "checkbox" || control.type === "radio";
const isSame = (some, others) => some.length === others.length && some.every((each, at) => each === others[at]);
const values = (options) => options.map((option) => option.value);

function valueOf(control) {
  if (isTick(control)) return [control.checked];
  return control.options ? values([...control.selectedOptions]) : [control.value];
}

function sentOf(control, sent) {
  const texts = sent.getAll(control.name);
  return isTick(control) ? [texts.includes(control.value)] : texts;
}

// As the page came; a list of one choice shows its first where none is marked
function cameOf(control) {
  if (isTick(control)) return [control.defaultChecked];
  if (!control.options) return [control.defaultValue];
  const marked = [...control.options].filter((option) => option.defaultSelected);
  return values(marked.length || control.multiple ? marked : [...control.options].slice(0, 1));
}

// Where a control stands, for the one that takes its place: most have no id of their own
const placeOf = (control) => ({
  within: control.closest("[id]")?.id,
  kind: `${control.type} ${control.name} ${isTick(control) ? control.value : ""}`,
});

function successor({ within, kind }) {
  const box = document.getElementById(within);
  const all = box ? (box.matches(CONTROLS) ? [box] : [...box.querySelectorAll(CONTROLS)]) : [];
  return all.find((control) => placeOf(control).kind === kind);
}

function enter(control, value) {
  if (isTick(control)) [control.checked] = value;
  else if (!control.options) [control.value] = value;
  else for (const option of control.options) option.selected = value.includes(option.value);
  for (const name of ["input", "change"]) control.dispatchEvent(new Event(name, { bubbles: true }));
}

document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  const { elt, verb, formData } = detail.requestConfig;
  const form = verb === "get" ? null : elt.closest("form"); // whose controls were sent
  entered = [...detail.target.querySelectorAll(CONTROLS)]
    .filter((control) => control.name && !control.disabled)
    .map((control) => ({
      place: placeOf(control),
      was: form && control.form === form ? sentOf(control, formData) : cameOf(control),
      value: valueOf(control),
    }))
    .filter(({ was, value }) => !isSame(was, value));
});

// not before: a new control is not listened to until it is settled
document.addEventListener("htmx:afterSettle", () => {
  for (const { place, was, value } of entered) {
    const now = successor(place);
    if (now && !now.disabled && isSame(cameOf(now), was)) enter(now, value);
  }
  entered = [];
});
