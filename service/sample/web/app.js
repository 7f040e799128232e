// Joins the page to the gateway (states come in) and to the application (edits go out).

import { connect } from "./entity-sync.js";
import { createView } from "./view.js";

// What the application recognises viewers by. In earnest it would be a session's token.
const secrets = { worker: "worker-demo", manager: "manager-demo", stranger: "no-such-viewer" };
let role = new URLSearchParams(location.search).get("as") ?? "worker";
if (!secrets[role]) role = "worker";

// Whether the application did it.
async function post(path, body) {
  const response = await fetch(path, {
    method: "POST",
    headers: { "Content-Type": "application/json", Authorization: `Bearer ${secrets[role]}` },
    body: JSON.stringify(body),
  });
  if (!response.ok) console.warn(path, response.status, await response.text());
  return response.ok;
}

async function gatewayUrl() {
  const { url, port, path } = await (await fetch("config.json")).json();
  if (url) return url;
  const scheme = location.protocol === "https:" ? "wss:" : "ws:";
  return `${scheme}//${port ? `${location.hostname}:${port}` : location.host}${path}`;
}

const view = createView((entity, id, field, value) => post(`api/${entity}/${id}`, { field, value }));
const sync = connect({ url: await gatewayUrl(), token: secrets[role] });
sync.on("connection", ({ status }) => view.connection(status));

const watched = new Set(); // What the floor's row named.

function watch(entity, ids) {
  for (const id of ids) {
    const name = `${entity} ${id}`;
    if (watched.has(name)) continue;
    watched.add(name);
    sync.entity(entity, id).subscribe((state) => view.show(entity, id, state));
  }
}

// The floor names everything else.
sync.entity("floors", "main").subscribe((state) => {
  view.show("floors", "main", state);
  for (const { items, reports } of state.rows ?? []) watch("items", items), watch("reports", reports);
});

// Everything watched goes on with the rights of another viewer.
function lookAs(next) {
  role = next;
  view.role(role);
  sync.authenticate(secrets[role]);
}

view.role(role);
view.connection(sync.connection.status);
for (const input of document.querySelectorAll('input[name="role"]')) {
  input.checked = input.value === role;
  input.addEventListener("change", () => lookAs(input.value));
}
document.getElementById("stream").addEventListener("click", ({ currentTarget }) =>
  post("api/stream", { on: currentTarget.getAttribute("aria-pressed") !== "true" }));
