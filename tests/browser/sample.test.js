// The sample page in a real browser, on the real gateway and the real sample application.
//
//   ENTITYSYNC_GATEWAY, ENTITYSYNC_SAMPLE   paths of the two programs (required)
//   CHROMIUM                                the browser; default /usr/bin/chromium
//   SCREENSHOT                              where to write a picture of the page (optional)

import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, test } from "node:test";

import { expectState, expectValue, field, launch, open as openPage } from "./browser.js";
import { eventually, timeoutMs } from "./processes.js";
import { Stack } from "./stack.js";

const stack = new Stack(process.env.ENTITYSYNC_GATEWAY, process.env.ENTITYSYNC_SAMPLE);
let browser;

before(async () => {
  await stack.start();
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await stack.stop();
});

/** A page that shows all of the 24 orders, and the report. */
async function open(role = "worker") {
  const page = await openPage(browser, stack.page, { role });
  await eventually(async () => (await page.locator("tbody tr[data-id]").count()) === 24, "orders show");
  await page.locator(".report [data-cell='department']", { hasText: /./ }).first().waitFor();
  return page;
}

test("the browser and the gateway compress what they send", async () => {
  const context = await browser.newContext();
  const page = await context.newPage();
  page.setDefaultTimeout(timeoutMs);
  const devtools = await context.newCDPSession(page);
  await devtools.send("Network.enable");
  const handshake = once(devtools, "Network.webSocketHandshakeResponseReceived");
  await page.goto(`${stack.page}?as=worker`);
  const [{ response }] = await handshake;
  assert.equal(response.status, 101);
  const header = Object.keys(response.headers)
    .find((name) => name.toLowerCase() === "sec-websocket-extensions");
  assert.equal(response.headers[header],
    "permessage-deflate; server_no_context_takeover; client_no_context_takeover");

  const before = await stack.metric("states_compressed_total");
  await expectState(page, "open");
  await field(page, "101", "quantity").fill("1357");
  await field(page, "101", "quantity").press("Enter");
  const other = await open();
  await expectValue(field(other, "101", "quantity"), "1357");
  assert.ok(await stack.metric("states_compressed_total") > before, "states came compressed");
  assert.ok(await stack.metric("client_messages_inflated_total") > 0, "and its messages went so");
  await context.close();
  await other.context().close();
});

test("an edit in one page shows in the other", async () => {
  const [one, other] = [await open(), await open("manager")];
  await field(one, "105", "quantity").fill("4711");
  await field(one, "105", "quantity").press("Enter");
  await field(other, "107", "status").selectOption("blocked");

  await expectValue(field(other, "105", "quantity"), "4711");
  await expectValue(field(one, "107", "status"), "blocked");
  await one.context().close();
  await other.context().close();
});

test("an entity of several rows shows all of them, and its edits", async () => {
  const [one, other] = [await open(), await open()];
  await other.locator(".report [data-cell='department']", { hasText: "Assembly" }).waitFor();
  await one.locator(".report [data-field='author']").selectOption("noor");

  await other.locator(".report [data-cell='role']", { hasText: "Planner" }).waitFor();
  await one.context().close();
  await other.context().close();
});

test("an edit that the application refuses is taken back", async () => {
  const page = await open();
  const quantity = field(page, "104", "quantity");
  const before = await quantity.inputValue();
  await quantity.fill("-5");
  await quantity.press("Enter");
  await expectValue(quantity, before);
  await page.context().close();
});

test("the secret decides what a viewer sees", async () => {
  const page = await open();
  const cost = page.locator("tr[data-id='100'] [data-cell='unitCost']");
  assert.equal(await cost.isVisible(), false);
  assert.equal(await cost.textContent(), "", "a worker's page is not even sent the costs");

  await page.getByText("Manager", { exact: true }).click();
  await page.locator("tr[data-id='100'] [data-cell='unitCost']", { hasText: "€" }).waitFor();

  await page.getByText("Stranger", { exact: true }).click();
  await page.locator("#denied").waitFor();
  await eventually(async () => (await page.locator("tbody tr").count()) === 0, "all orders go");

  await page.getByText("Worker", { exact: true }).click();
  await page.locator("tr[data-id='123']").waitFor();
  assert.equal(await page.locator("tr[data-id='100'] [data-cell='unitCost']").textContent(), "");
  await page.context().close();
});

test("random changes start and stop for everyone", async () => {
  const [one, other] = [await open(), await open()];
  await one.locator("#stream").click();
  await other.locator("#stream[aria-pressed='true']").waitFor();
  const rate = other.locator("[data-figure='rate']");
  await eventually(async () => Number(await rate.textContent()) > 2, "rows arrive");
  if (process.env.SCREENSHOT) {
    await one.getByText("Manager", { exact: true }).click();
    await one.locator("tr[data-id='123'] [data-cell='unitCost']", { hasText: "€" }).waitFor();
    await eventually(async () => (await one.locator(".flash").count()) > 5, "cells flash");
    await one.screenshot({ path: process.env.SCREENSHOT });
  }
  await other.locator("#stream").click();
  await one.locator("#stream[aria-pressed='false']").waitFor();
  await one.context().close();
  await other.context().close();
});

test("a gateway that dies shows, and the page recovers with what it missed", async () => {
  const page = await open();
  await expectState(page, "open");
  await stack.killGateway();
  await expectState(page, "waiting");
  assert.equal(await page.locator("tbody tr").count(), 24, "what was shown stays");
  const committed = page.waitForResponse((response) => response.url().includes("/api/items/110"));
  await field(page, "110", "quantity").fill("1234"); // Committed while no gateway is there.
  await field(page, "110", "quantity").press("Enter");
  await committed;

  await stack.startGateway();
  await expectState(page, "open");
  await page.locator("#resumed", { hasText: "1 of 26" }).waitFor();
  const other = await open();
  await expectValue(field(other, "110", "quantity"), "1234");
  await field(other, "110", "quantity").fill("4321");
  await field(other, "110", "quantity").press("Enter");
  await expectValue(field(page, "110", "quantity"), "4321");
  await page.context().close();
  await other.context().close();
});

test("an application that dies leaves the page stale, and nothing is lost", async () => {
  const page = await open();
  await expectState(page, "open");
  await stack.killSample();
  await stack.killGateway();
  await stack.startGateway(); // The page comes back, and nobody can say whether what it has is true.
  await expectState(page, "stale");
  await page.locator("#stale").waitFor();
  assert.equal(await page.locator("#resumed").isVisible(), false, "nobody knows what has changed");
  assert.equal(await page.locator("tbody tr").count(), 24, "what was shown stays");
  if (process.env.SCREENSHOT) {
    await page.locator("tr.stale[data-id='123']").waitFor();
    await page.screenshot({ path: process.env.SCREENSHOT.replace(".png", "_stale.png") });
  }

  await stack.startSample();
  await expectState(page, "open");
  await page.locator("#stale").waitFor({ state: "hidden" });
  await page.locator("#resumed", { hasText: "0 of 26" }).waitFor();
  await field(page, "111", "quantity").fill("77");
  await field(page, "111", "quantity").press("Enter");
  const other = await open();
  await expectValue(field(other, "111", "quantity"), "77");
  await page.context().close();
  await other.context().close();
});
