// data-picked="NAME" on a submit button: says how many check boxes of that name in its
// form are ticked, and rests while none is. Without this script it is always there.
document.querySelectorAll("[data-picked]").forEach((button) => {
  const label = button.textContent;
  const boxes = [...button.form.elements].filter(
    (each) => each.type === "checkbox" && each.name === button.dataset.picked,
  );
  const count = () => {
    const picked = boxes.filter((box) => box.checked).length;
    button.disabled = picked === 0;
    button.textContent = picked ? button.dataset.pickedLabel.replace("%s", picked) : label;
  };
  boxes.forEach((box) => box.addEventListener("change", count));
  count(); // a browser may remember ticks over a reload
});
