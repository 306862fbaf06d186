// @ts-check
// Reads the counts line by line as they come: how far, and at last the piece of the page.

const counted = document.getElementById("counted");

/** @param {HTMLElement} place */
async function count(place) {
  const response = await fetch(`/console/insight/counted?${place.dataset.query ?? ""}`);
  if (!response.ok || !response.body) throw new Error(`The server answers ${response.status}.`);
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const lines = (rest + value).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      const told = JSON.parse(line);
      const words = document.getElementById("counting");
      if (told.read !== undefined && words) words.textContent = `${told.read} calls counted …`;
      if (told.html !== undefined) place.innerHTML = told.html;
      if (told.fault !== undefined) throw new Error(told.fault);
    }
  }
}

if (counted) {
  count(counted)
    .catch((error) => {
      counted.replaceChildren(Object.assign(document.createElement("p"), {
        className: "notice bad", role: "alert", textContent: `That did not work: ${error.message}`,
      }));
    })
    .finally(() => counted.setAttribute("aria-busy", "false"));
}
