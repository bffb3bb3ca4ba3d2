// data-rows="PREFIX" around the rows of a Django formset: adds and removes rows.
// Without this script there is one blank row, and a check box to remove each.
const start = (box) => {
  const list = box.querySelector("[data-rows-list]");
  const template = box.querySelector("[data-rows-template]");
  const add = box.querySelector("[data-rows-add]");
  if (!list || !template || !add) return;
  const form = box.closest("form");
  const total = form.elements[`${box.dataset.rows}-TOTAL_FORMS`];
  const said = box.querySelector("[data-rows-said]");

  const dress = (row) => {
    const button = row.querySelector("[data-row-remove]");
    const check = row.querySelector("[data-row-check]");
    if (!button || !check) return;
    button.addEventListener("click", () => {
      check.querySelector("input").checked = true;
      row.hidden = true;
      said.textContent = "Removed. It takes effect when you save.";
      add.focus();
    });
  };

  list.querySelectorAll("[data-row]").forEach((row) => {
    dress(row);
    const isFilled = [...row.querySelectorAll("select")].some(
      (select) => /-(left|right)$/.test(select.name) && select.value,
    );
    // the button below does what the blank row is for, unless somebody has begun it
    if (isFilled || row.querySelector(".form-error")) row.classList.remove("if-plain");
  });

  add.addEventListener("click", () => {
    const number = Number(total.value);
    const part = document.createElement("template");
    part.innerHTML = template.innerHTML.replaceAll("__prefix__", String(number));
    const row = part.content.querySelector("[data-row]");
    row.classList.remove("if-plain");
    list.append(row);
    total.value = String(number + 1);
    dress(row);
    row.querySelector("select").focus();
    said.textContent = "A row was added.";
  });
};

document.querySelectorAll("[data-rows]").forEach(start);
