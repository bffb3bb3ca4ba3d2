// What is being typed stays, though its part of the page is drawn anew by an answer to
// something that was asked before. htmx keeps the focus, by the id; this keeps the text.
let kept = null;

document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  const at = document.activeElement;
  const isTyped = at?.id && at.matches("input, textarea") && at.value !== at.defaultValue;
  kept = isTyped && detail.target.contains(at) ? { id: at.id, type: at.type, text: at.value } : null;
});

document.addEventListener("htmx:afterSwap", () => {
  const now = kept && document.getElementById(kept.id);
  if (now && now.type === kept.type && now.value !== kept.text) {
    now.value = kept.text;
    now.dispatchEvent(new Event("input", { bubbles: true }));
  }
  kept = null;
});
