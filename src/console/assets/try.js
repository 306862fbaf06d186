// @ts-check
// The order screen: it holds the request, asks the server for its pieces, and tells what became of each card.
import { get, post } from "./http.js";
import { search } from "./search.js";
import { tabs } from "./tabs.js";

/** @param {string} id @returns {any} */
const $ = (id) => document.getElementById(id);

/** A progress bar is shown only if the answer takes this many milliseconds. */
const SOON = 150;

/** @type {any} */
let request = null;
/** @type {any} */
let answer = null;
/** Only the latest question counts. */
let turn = 0;
let told = 0;

/**
 * Does one thing after the other, shows that it is being done, and tells what went wrong.
 * @param {(current: () => boolean) => Promise<void>} work
 */
async function doing(work) {
  const mine = ++turn;
  const current = () => mine === turn;
  const timer = setTimeout(() => { if (current()) $("busy").hidden = false; }, SOON);
  $("try").setAttribute("aria-busy", "true");
  try {
    await work(current);
  } catch (error) {
    if (current()) {
      $("said").textContent = `That did not work: ${error instanceof Error ? error.message : error}`;
    }
  } finally {
    clearTimeout(timer);
    if (current()) {
      $("busy").hidden = true;
      $("try").setAttribute("aria-busy", "false");
    }
  }
}

/** @param {{ request: any, editor: string }} screen */
function showScreen(screen) {
  request = screen.request;
  const focused = document.activeElement?.id;
  $("editor").innerHTML = screen.editor;
  for (const field of $("editor").querySelectorAll(".search")) {
    search(field, (coding) => {
      const kind = field.dataset.of === "study" ? "study" : "add-problem";
      edit({ kind, coding, at: Number(field.dataset.at ?? 0) });
    });
  }
  if (focused) document.getElementById(focused)?.focus();
}

/** @param {string} name */
function open(name) {
  return doing(async (current) => {
    const screen = await get(`/console/try/story?${new URLSearchParams({ name })}`);
    if (!current()) return;
    showDone([]);
    showScreen(screen);
    await fire(current);
  });
}

/** @param {Record<string, unknown>} change */
function edit(change) {
  return doing(async (current) => {
    const screen = await post("/console/try/edit", { request, edit: change });
    if (!current()) return;
    showDone([]);
    showScreen(screen);
    await fire(current);
  });
}

/** @param {() => boolean} current */
async function fire(current) {
  const seen = await post("/console/try/call", { request });
  if (!current()) return;
  request = seen.request;
  answer = seen.answer;
  $("cards").innerHTML = seen.cards;
  $("pane-trace").innerHTML = seen.trace;
  $("sent").textContent = seen.sent;
  $("received").textContent = seen.received;
  $("status").textContent = `Status ${seen.status}`;
  $("said").textContent = `${seen.said} Answered in ${(seen.micros / 1000).toFixed(1)} ms.`;
  $("try").dataset.cards = String(answer.cards?.length ?? 0);
}

/** @param {string[]} lines */
function showDone(lines) {
  const box = $("done");
  box.hidden = lines.length === 0;
  box.replaceChildren(...lines.map((line) =>
    Object.assign(document.createElement("p"), { className: "notice good", textContent: `Done: ${line}.` })));
}

/** @param {Record<string, unknown>} item @param {string} what */
async function tell(item, what) {
  const kept = await post("/console/try/feedback", item).catch((error) => ({ words: String(error.message), sent: item, path: "" }));
  told += 1;
  $("told-count").textContent = String(told);
  $("told-none").hidden = true;
  const line = document.createElement("li");
  const head = Object.assign(document.createElement("p"), { textContent: `${what}: ` });
  head.append(Object.assign(document.createElement("span"), {
    className: `tag ${kept.words === "kept" ? "good" : "middle"}`, textContent: kept.words,
  }));
  line.append(head, Object.assign(document.createElement("pre"), { textContent: JSON.stringify(kept.sent, null, 2) }));
  $("told").prepend(line);
}

/** @param {any} card @param {any} suggestion */
function accept(card, suggestion) {
  return doing(async (current) => {
    const screen = await post("/console/try/accept", { request, suggestion });
    await tell({ card: card.uuid, suggestion: suggestion.uuid }, `Accepted “${suggestion.label}”`);
    if (!current()) return;
    showScreen(screen);
    showDone(screen.done);
    await fire(current);
    $("shown-title").focus();
  });
}

/** @param {HTMLElement} shown @param {any} card */
function override(shown, card) {
  const dialog = /** @type {HTMLDialogElement} */ ($("override"));
  $("reasons").innerHTML = shown.querySelector(".reasons")?.innerHTML ?? "";
  $("comment").value = "";
  dialog.returnValue = "cancel";
  dialog.onclose = async () => {
    if (dialog.returnValue !== "keep") return;
    const chosen = /** @type {HTMLInputElement | null} */ (dialog.querySelector("input:checked"));
    const reason = chosen ? { code: chosen.dataset.code, system: chosen.dataset.system } : null;
    await tell({ card: card.uuid, reason, comment: $("comment").value }, "Kept the order");
    shown.classList.add("kept");
    const words = chosen?.parentElement?.textContent?.trim();
    const note = Object.assign(document.createElement("p"), {
      className: "notice good", textContent: `The order stays as it is${words ? `: ${words}` : ""}.`, tabIndex: -1,
    });
    shown.querySelector(".suggestions")?.remove();
    shown.querySelector("[data-override]")?.replaceWith(note);
    note.focus();
  };
  dialog.showModal();
}

$("story").addEventListener("change", () => open($("story").value));

$("editor").addEventListener("change", (/** @type {Event} */ event) => {
  const field = /** @type {HTMLInputElement} */ (event.target);
  if (!field.dataset.edit) return;
  edit({ kind: field.dataset.edit, value: field.value, at: Number(field.dataset.at ?? 0) });
});

$("editor").addEventListener("click", (/** @type {Event} */ event) => {
  const button = /** @type {HTMLElement} */ (event.target).closest("button");
  if (button?.dataset.remove) edit({ kind: "remove-problem", at: Number(button.dataset.remove) });
  if (button?.dataset.hook) edit({ kind: "hook", hook: button.dataset.hook });
});

$("cards").addEventListener("click", (/** @type {Event} */ event) => {
  const button = /** @type {HTMLElement} */ (event.target).closest("button");
  const shown = /** @type {HTMLElement | null} */ (button?.closest("[data-card]") ?? null);
  if (!button || !shown) return;
  const card = answer.cards[Number(shown.dataset.card)];
  if (button.dataset.accept) accept(card, card.suggestions[Number(button.dataset.accept)]);
  if ("override" in button.dataset) override(shown, card);
});

$("shown-title").tabIndex = -1;
tabs($("behind").querySelector('[role="tablist"]'));
open($("try").dataset.story);
