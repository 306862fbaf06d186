// @ts-check
// Looks again while somebody looks.
import { text } from "./http.js";

const now = /** @type {HTMLElement} */ (document.getElementById("now"));

setInterval(async () => {
  if (document.hidden) return;
  try {
    now.innerHTML = await text("/console/health/now");
    now.classList.remove("stale");
  } catch {
    now.classList.add("stale");
  }
}, 5000);
