// @ts-check
// Long tables: show only the rows and folded lists that hold the words.

const content = /** @type {HTMLElement} */ (document.getElementById("content"));
const filter = /** @type {HTMLElement} */ (document.getElementById("filter"));
const words = /** @type {HTMLInputElement} */ (document.getElementById("filter-words"));
const count = /** @type {HTMLElement} */ (document.getElementById("filter-count"));
const rows = /** @type {HTMLElement[]} */ ([...content.querySelectorAll("tbody tr")]);
const folds = /** @type {HTMLDetailsElement[]} */ ([...content.querySelectorAll("details")]);
const contents = /** @type {HTMLDetailsElement | null} */ (document.querySelector(".contents details"));

// On a narrow screen the contents would push everything else away.
if (contents && matchMedia("(max-width: 60rem)").matches) contents.open = false;

if (rows.length > 12 || folds.length > 4) filter.hidden = false;

words.addEventListener("input", () => {
  const wanted = words.value.toLowerCase().split(/\s+/).filter(Boolean);
  /** @param {HTMLElement} element */
  const holds = (element) => wanted.every((word) => (element.textContent ?? "").toLowerCase().includes(word));
  let shown = 0;
  for (const row of rows) {
    row.hidden = !holds(row);
    if (!row.hidden) shown += 1;
  }
  for (const fold of folds) {
    fold.hidden = !holds(fold);
    fold.open = wanted.length > 0 && !fold.hidden;
  }
  count.textContent = wanted.length > 0 ? `${shown} of ${rows.length} rows` : "";
});
