// @ts-check
// A field that finds codes while one types: a combobox with a list box, usable by keyboard alone.
import { get } from "./http.js";

/** @typedef {{ system: string, code: string, display: string }} Coding */

/** Until nobody has typed for so many milliseconds, the server is not asked. */
const PAUSE = 120;

/**
 * @param {HTMLElement} field
 * @param {(coding: Coding) => void} chosen
 */
export function search(field, chosen) {
  const input = /** @type {HTMLInputElement} */ (field.querySelector("input"));
  const list = /** @type {HTMLElement} */ (field.querySelector('[role="listbox"]'));
  /** @type {{ coding: Coding, found: { display: string, code: string, list: string } }[]} */
  let found = [];
  let at = -1;
  let asked = 0;
  let timer = 0;

  const close = () => {
    list.hidden = true;
    at = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  };
  const mark = () => {
    [...list.children].forEach((option, number) => {
      option.setAttribute("aria-selected", String(number === at));
      if (number === at) option.scrollIntoView({ block: "nearest" });
    });
    if (at >= 0) input.setAttribute("aria-activedescendant", `${list.id}-${at}`);
  };
  const show = () => {
    list.replaceChildren(...found.map(({ found: one }, number) => {
      const option = document.createElement("li");
      option.id = `${list.id}-${number}`;
      option.setAttribute("role", "option");
      option.append(one.display, Object.assign(document.createElement("span"), {
        className: "mild", textContent: [one.code, one.list].filter(Boolean).join(" · "),
      }));
      return option;
    }));
    if (found.length === 0) {
      const none = Object.assign(document.createElement("li"), { className: "mild", textContent: "Nothing found" });
      none.setAttribute("role", "option");
      none.setAttribute("aria-disabled", "true");
      list.append(none);
    }
    at = found.length > 0 ? 0 : -1;
    list.hidden = false;
    input.setAttribute("aria-expanded", "true");
    mark();
  };
  const ask = async () => {
    const words = input.value.trim();
    const mine = ++asked;
    if (words.length < 2) return close();
    const query = new URLSearchParams({ of: field.dataset.of ?? "", q: words });
    const answer = await get(`/console/codes?${query}`).catch(() => ({ found: [] }));
    // A later question may have been answered before this one.
    if (mine !== asked) return;
    found = answer.found;
    show();
  };
  /** @param {number} number */
  const choose = (number) => {
    const one = found[number];
    if (!one) return;
    asked++;
    close();
    input.value = "";
    chosen(one.coding);
  };

  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, PAUSE);
  });
  input.addEventListener("keydown", (event) => {
    if (event.key === "Escape") return close();
    if (list.hidden || found.length === 0) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      at = (at + (event.key === "ArrowDown" ? 1 : -1) + found.length) % found.length;
      mark();
    } else if (event.key === "Enter") {
      choose(at);
    } else {
      return;
    }
    event.preventDefault();
  });
  // Before the field loses its focus, so that the list is still there.
  list.addEventListener("mousedown", (event) => {
    event.preventDefault();
    const option = /** @type {HTMLElement} */ (event.target).closest('[role="option"]');
    if (option) choose([...list.children].indexOf(option));
  });
  input.addEventListener("blur", close);
}
