// Joins the page to the gateway (rows come in) and to the application (edits go out).

import { connect } from "./entity-sync-classic.js";
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
const watched = new Map(); // What the floor's row named.

const sync = connect(await gatewayUrl(), {
  secret: secrets[role],
  onState: view.connection,
  onRow(text) {
    const row = JSON.parse(text);
    view.show(row);
    if (row.type === "floor") watch("items", row.items), watch("reports", row.reports);
  },
});

function watch(entity, ids) {
  for (const id of ids) {
    const name = `${entity} ${id}`;
    if (!watched.has(name)) sync.subscribe(entity, id);
    watched.set(name, [entity, id]);
  }
}

// The floor names everything else.
sync.subscribe("floors", "main");

// A new secret alone changes what later rows look like. To see all anew, watch anew.
function lookAs(next) {
  role = next;
  sync.unsubscribe("floors", "main");
  for (const [entity, id] of watched.values()) sync.unsubscribe(entity, id);
  watched.clear();
  view.clear();
  view.role(role);
  sync.setSecret(secrets[role]);
  sync.subscribe("floors", "main");
}

view.role(role);
for (const input of document.querySelectorAll('input[name="role"]')) {
  input.checked = input.value === role;
  input.addEventListener("change", () => lookAs(input.value));
}
document.getElementById("stream").addEventListener("click", ({ currentTarget }) =>
  post("api/stream", { on: currentTarget.getAttribute("aria-pressed") !== "true" }));
