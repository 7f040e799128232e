// A page that watches hundreds of entities through two replicas, and loses the one it is connected to.
// Environment as for sample.test.js.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { expectState, expectValue, field, launch, open } from "./browser.js";
import { Cluster } from "./cluster.js";
import { editItem, eventually } from "./processes.js";

const items = 500;
const cluster = new Cluster(process.env.ENTITYSYNC_GATEWAY, process.env.ENTITYSYNC_SAMPLE, items);
let browser;

before(async () => {
  await cluster.start();
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await cluster.stop();
});

/** Notes every event that the page gets, by websocket: [{event, entity, id, ...}, ...]. */
async function listenTo(page) {
  const sockets = [];
  page.on("websocket", (socket) => {
    const events = [];
    sockets.push(events);
    socket.on("framereceived", ({ payload }) => events.push(JSON.parse(payload)));
  });
  return sockets;
}

const named = (events, ...names) => events.filter(({ event }) => names.includes(event));

/** Notes in the page every quantity that it shows from now on: ["<id> <value>", ...]. */
async function watchQuantities(page) {
  await page.evaluate(() => {
    window.shownQuantities = [];
    new MutationObserver((changes) => {
      for (const { target, oldValue } of changes) {
        if (target.dataset.value === oldValue) continue;
        window.shownQuantities.push(`${target.closest("tr").dataset.id} ${target.dataset.value}`);
      }
    }).observe(document.getElementById("items"), {
      subtree: true, attributes: true, attributeFilter: ["data-value"], attributeOldValue: true,
    });
  });
}

test("exactly what changed meanwhile comes, and nothing old is shown", async () => {
  let sockets;
  const page = await open(browser, cluster.page,
    { prepare: async (made) => (sockets = await listenTo(made)) });
  const watched = items + 2; // And the floor, and the report.
  await eventually(() => sockets.length > 0 && named(sockets[0], "state").length >= watched,
    "all states come");
  await page.locator(`tr[data-id="${100 + items - 1}"]`).waitFor();
  await eventually(async () => (await page.locator("tbody tr[data-id]").count()) === items, "all show");
  await expectState(page, "open");
  assert.equal(named(sockets[0], "state").length, watched);
  await watchQuantities(page);

  const [mine, other] = await cluster.byPage();
  other.child.kill("SIGSTOP"); // Nobody can take the page in before the edits are committed.
  mine.child.kill("SIGKILL");
  await expectState(page, "waiting");
  const edits = [["100", "9001"], ["350", "9002"], ["599", "9003"]];
  for (const [id, quantity] of edits) await editItem(cluster.page, id, "quantity", quantity);
  other.child.kill("SIGCONT");
  await expectState(page, "open");

  const answers = ["state", "patch", "removed", "unchanged", "stale", "unsubscribed"];
  await eventually(() => named(sockets.at(-1), ...answers).length === watched, "every key is answered");
  const news = named(sockets.at(-1), ...answers).filter(({ event }) => event !== "unchanged");
  assert.deepEqual(news.map(({ event, id }) => `${event} ${id}`).sort(),
    edits.map(([id]) => `state ${id}`).sort());
  await page.locator("#resumed", { hasText: `3 of ${watched}` }).waitFor();

  // One more, after which nothing of before can come.
  await editItem(cluster.page, "101", "quantity", "9004");
  await expectValue(field(page, "101", "quantity"), "9004");
  assert.deepEqual((await page.evaluate(() => window.shownQuantities)).sort(),
    [...edits, ["101", "9004"]].map((each) => each.join(" ")).sort());
  await page.context().close();
});
