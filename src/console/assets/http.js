// @ts-check
// Asking the server for JSON or a piece of a page. What goes wrong is told in words that a user can act on.

/** @param {Response} response */
async function read(response) {
  if (response.ok) return response;
  if (response.status === 401) location.assign("/console/login");
  throw new Error((await response.text()).trim() || `The server answers ${response.status}.`);
}

/** @param {string} path @returns {Promise<any>} */
export async function get(path) {
  return (await read(await fetch(path))).json();
}

/** @param {string} path @returns {Promise<string>} */
export async function text(path) {
  return (await read(await fetch(path))).text();
}

/** @param {string} path @param {unknown} body @returns {Promise<any>} */
export async function post(path, body) {
  const headers = { "content-type": "application/json" };
  return (await read(await fetch(path, { method: "POST", headers, body: JSON.stringify(body) }))).json();
}
