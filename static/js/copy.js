// data-copy="ID" on a button: copies the text of the element ID and says so.
document.querySelectorAll("[data-copy]").forEach((button) => {
  if (!navigator.clipboard) {
    button.hidden = true; // plain http on another machine: select it by hand
    return;
  }
  button.addEventListener("click", async () => {
    const source = document.getElementById(button.dataset.copy);
    await navigator.clipboard.writeText((source.value ?? source.textContent).trim());
    const label = button.querySelector("[data-copy-label]") ?? button;
    const before = label.textContent;
    label.textContent = "Copied";
    setTimeout(() => (label.textContent = before), 2000);
  });
});
