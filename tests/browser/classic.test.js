// The client of the classic dialect in a browser. Environment as for sample.test.js.

import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import http from "node:http";
import { after, before, test } from "node:test";

import { launch } from "./browser.js";
import { eventually, timeoutMs } from "./processes.js";
import { Stack } from "./stack.js";

const stack = new Stack(process.env.ENTITYSYNC_GATEWAY, process.env.ENTITYSYNC_SAMPLE);
const client = new URL("../../client-sdk/classic/entity-sync-classic.js", import.meta.url);
let browser;
let pages; // Serves an empty page and the client.
let origin;

before(async () => {
  pages = http.createServer(({ url }, answer) => {
    const isClient = url.endsWith(".js");
    answer.setHeader("Content-Type", isClient ? "text/javascript" : "text/html");
    answer.end(isClient ? readFileSync(client) : "<!doctype html>");
  }).listen(0, "127.0.0.1");
  await once(pages, "listening");
  origin = `http://127.0.0.1:${pages.address().port}`;
  stack.origins = [origin];
  await stack.start();
  browser = await launch();
});

after(async () => {
  await browser?.close();
  pages?.close();
  await stack.stop();
});

/** A page that watches an order as a worker; answers functions that read what it was told. */
async function watch(id) {
  const page = await (await browser.newContext()).newPage();
  page.setDefaultTimeout(timeoutMs);
  await page.goto(`${origin}/`);
  await page.evaluate(async ([url, key]) => {
    const { connect } = await import("/entity-sync-classic.js");
    window.rows = [];
    window.states = [];
    window.sync = connect(url, {
      secret: "worker-demo",
      onRow: (row) => window.rows.push(JSON.parse(row)),
      onState: (state) => window.states.push(state),
    });
    window.sync.subscribe("items", key);
  }, [`ws://127.0.0.1:${stack.websocket}/ws/entity-sync/`, id]);
  return {
    rows: () => page.evaluate(() => window.rows),
    states: () => page.evaluate(() => window.states),
    unsubscribe: () => page.evaluate((key) => window.sync.unsubscribe("items", key), id),
    close: () => page.context().close(),
  };
}

test("rows come at once, after each change, and again after the gateway died", async () => {
  const page = await watch("100");
  const quantityIs = (quantity) => eventually(
    async () => (await page.rows()).at(-1)?.quantity === quantity, `quantity ${quantity} is shown`);
  await eventually(async () => (await page.rows()).length === 1, "the snapshot comes");
  await stack.edit("100", "quantity", "4242");
  await quantityIs(4242);

  await stack.killGateway();
  await eventually(async () => (await page.states()).includes("closed"), "the page notices");
  await stack.edit("100", "quantity", "4343");
  await stack.startGateway();
  await quantityIs(4343);

  const [other, before] = [await watch("101"), (await page.rows()).length];
  await page.unsubscribe();
  await eventually(async () => (await other.rows()).length === 1, "the other page watches");
  await eventually(async () => (await stack.metric("subscriptions")) === 1, "and this one no more");
  await stack.edit("100", "quantity", "1");
  await stack.edit("101", "quantity", "2");
  await eventually(async () => (await other.rows()).at(-1).quantity === 2, "the later edit shows");
  assert.equal((await page.rows()).length, before, "nothing comes for what is not watched any more");
  await Promise.all([page.close(), other.close()]);
});
