// data-queue around cards (data-card) that wait for a decision: J and K move between them,
// X ticks one (data-tick), 1 and 2 choose a side, A presses its button (data-accept).
// Without this script the same is done by Tab, Space and Enter.
const queue = document.querySelector("[data-queue]");

const start = (box) => {
  const cards = () => [...box.querySelectorAll("[data-card]")];
  const here = () => document.activeElement?.closest("[data-card]");

  const move = (step) => {
    const all = cards();
    if (!all.length) return;
    const place = all.indexOf(here());
    const next = place < 0 ? 0 : Math.min(Math.max(place + step, 0), all.length - 1);
    all[next].focus({ preventScroll: true });
    all[next].scrollIntoView({ block: "center" });
  };

  const choose = (number) => {
    const card = here();
    card?.querySelectorAll("fieldset").forEach((fieldset) => {
      const radio = fieldset.querySelectorAll('input[type="radio"]')[number];
      if (radio && !radio.disabled) radio.checked = true;
    });
  };

  const does = {
    j: () => move(1),
    k: () => move(-1),
    x: () => here()?.querySelector("[data-tick]")?.click(),
    a: () => here()?.querySelector("[data-accept]")?.click(),
    1: () => choose(0),
    2: () => choose(1),
  };

  document.addEventListener("keydown", (event) => {
    const isTyping = event.target.matches("input:not([type=checkbox], [type=radio]), select, textarea");
    if (isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
    const act = does[event.key.toLowerCase()];
    if (!act) return;
    event.preventDefault();
    act();
  });

  document.querySelectorAll("[data-keys]").forEach((hint) => {
    hint.hidden = false;
  });
};

if (queue?.querySelector("[data-card]")) start(queue);
