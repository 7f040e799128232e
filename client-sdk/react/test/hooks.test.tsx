import assert from "node:assert/strict";
import { test } from "node:test";

import type { EntityState } from "@entity-sync/client";
import { memo } from "react";

import { type EntityName, useConnection, useEntities, useEntity, type UseEntityOptions } from "../src/index.js";
import { Page, withTimers } from "./testing/page.js";

const shown = ({ status, rows }: EntityState) => (status === "live" ? String(rows) : status);

function Item({ id, options }: { id: string; options?: UseEntityOptions }) {
  return <p>{shown(useEntity("items", id, options))};</p>;
}

function Items({ ids, options }: { ids: string[]; options?: UseEntityOptions }) {
  const names = ids.map((id): EntityName => ["items", id]);
  return <p>{useEntities(names, options).map(shown).join(",")}</p>;
}

test("a component shows the present state, and subscribes once although strict mode mounts twice", async () => {
  const page = new Page();
  await page.open();
  await page.show(<Item id="1" />);
  assert.equal(page.text, "loading;");
  assert.deepEqual(await page.sent(), ["subscribe 1"]);
  await page.state("1", "1.a", "one");
  assert.equal(page.text, "one;");
  await page.state("1", "2.a", "two");
  assert.equal(page.text, "two;");
  await page.event({ event: "removed", entity: "items", id: "1", version: "3.a" });
  assert.equal(page.text, "removed;");
  await page.leave();
  assert.deepEqual(await page.sent(), ["unsubscribe 1"]);
});

test("components of one entity share a subscription until the last is gone", async () => {
  const page = new Page();
  await page.open();
  await page.show([<Item key="a" id="1" />, <Item key="b" id="1" />]);
  await page.state("1", "1.a", "one");
  await page.show([<Item key="b" id="1" />, <Item key="c" id="1" />]);
  assert.equal(page.text, "one;one;");
  assert.deepEqual(await page.sent(), ["subscribe 1"]);
  await page.show([]);
  assert.deepEqual(await page.sent(), ["unsubscribe 1"]);
});

test("what is shown moves to another component in one turn without being asked for again", async () => {
  const page = new Page();
  await page.open();
  await page.show(<Item key="old" id="1" />);
  await page.state("1", "1.a", "one");
  await page.sent();
  await page.show(<Item key="new" id="1" />);
  assert.equal(page.text, "one;");
  assert.deepEqual(await page.sent(), []);
});

test("another id is another entity", async () => {
  const page = new Page();
  await page.open();
  await page.show(<Item id="1" />);
  await page.state("1", "1.a", "one");
  await page.show(<Item id="2" />);
  assert.equal(page.text, "loading;");
  assert.deepEqual(await page.sent(), ["subscribe 1", "unsubscribe 1", "subscribe 2"]);
});

test("another rate is an update", async () => {
  const page = new Page();
  await page.open();
  await page.show(<Item id="1" options={{ maxRate: 2 }} />);
  await page.state("1", "1.a", "one");
  await page.show(<Item id="1" options={{ maxRate: 5 }} />);
  assert.equal(page.text, "one;");
  assert.deepEqual(await page.sent(), ["subscribe 1", "update 1"]);
});

test("several entities: one message, and the same array until one changes", async () => {
  const page = new Page();
  const seen = new Set<unknown>();
  const Spy = memo(() => {
    seen.add(useEntities([["items", "1"], ["items", "2"]]));
    return null;
  });
  await page.open();
  await page.show([<Items key="a" ids={["1", "2"]} />, <Spy key="b" />]);
  assert.deepEqual(await page.sent(), ["subscribe 1 2"]);
  await page.state("1", "1.a", "one");
  await page.state("2", "1.a", "two");
  assert.equal(page.text, "one,two");
  const before = seen.size;
  await page.show([<Items key="a" ids={["2", "1", "3"]} />, <Spy key="b" />]);
  assert.equal(page.text, "two,one,loading");
  assert.deepEqual(await page.sent(), ["subscribe 3"]);
  assert.equal(seen.size, before);
});

test("what is shown stays while the connection is away, and the page can say so", async () => {
  const page = new Page();
  const Status = () => useConnection().status;
  await page.show([<Status key="a" />, <Item key="b" id="1" />]);
  await page.open();
  await page.state("1", "1.a", "one");
  assert.equal(page.text, "openone;");
  await page.end(1012);
  assert.equal(page.text, "waitingone;");
});

test("without a provider it says what is missing", async () => {
  const { renderToString } = await import("react-dom/server");
  assert.throws(() => renderToString(<Item id="1" />), /EntitySyncProvider/);
});

test("on a server it is loading", async () => {
  const { renderToString } = await import("react-dom/server");
  const { EntitySyncProvider } = await import("../src/index.js");
  const page = new Page();
  const html = renderToString(
    <EntitySyncProvider client={page.client}>
      <Item id="1" />
    </EntitySyncProvider>,
  );
  assert.equal(html, "<p>loading<!-- -->;</p>");
});

const SUSPENSE = { suspense: true };

test("suspense: the fallback, then the state, with one subscription", () =>
  withTimers(async (tick) => {
    const page = new Page();
    await page.open();
    await page.show(<Item id="1" options={SUSPENSE} />);
    assert.equal(page.text, "(waiting)");
    await page.state("1", "1.a", "one");
    assert.equal(page.text, "one;");
    await tick(60_000);
    await page.state("1", "2.a", "two");
    assert.equal(page.text, "two;");
    assert.deepEqual(await page.sent(), ["subscribe 1"]);
    await page.leave();
    assert.deepEqual(await page.sent(), ["unsubscribe 1"]);
  }));

test("suspense: several entities wait for all of them", () =>
  withTimers(async () => {
    const page = new Page();
    await page.open();
    await page.show(<Items ids={["1", "2"]} options={SUSPENSE} />);
    await page.state("1", "1.a", "one");
    assert.equal(page.text, "(waiting)");
    await page.state("2", "1.a", "two");
    assert.equal(page.text, "one,two");
    assert.deepEqual(await page.sent(), ["subscribe 1 2"]);
    // What was shown holds nothing any more, however often it was drawn while it waited.
    await page.leave();
    assert.deepEqual(await page.sent(), ["unsubscribe 1 2"]);
  }));

test("suspense: what is never shown is not watched for ever", () =>
  withTimers(async (tick) => {
    const page = new Page();
    await page.open();
    await page.show(<Item id="1" options={SUSPENSE} />);
    await page.show(null);
    await tick(29_999);
    assert.deepEqual(await page.sent(), ["subscribe 1"]);
    await tick(1);
    assert.deepEqual(await page.sent(), ["unsubscribe 1"]);
    await page.show(<Item id="2" options={SUSPENSE} />);
    await page.show(null);
    await page.state("2", "1.a", "two");
    await tick(5_000);
    assert.deepEqual(await page.sent(), ["subscribe 2", "unsubscribe 2"]);
  }));

test("suspense: what cannot be watched is shown as that", () =>
  withTimers(async () => {
    const page = new Page();
    await page.open();
    await page.show(<Item id="1" options={SUSPENSE} />);
    await page.event({ event: "subscribed", ref: 1, results: [{ code: "OK" }] });
    await page.event({ event: "unsubscribed", keys: [{ entity: "items", id: "1" }], code: "PERMISSION_DENIED" });
    assert.equal(page.text, "denied;");
  }));

test("suspense: what changes all the time is not held for ever", () =>
  withTimers(async (tick) => {
    const page = new Page();
    await page.open();
    await page.show(<Item id="1" options={SUSPENSE} />);
    await page.show(null);
    for (let second = 0; second < 5; second++) {
      await page.state("1", `${second}.a`, "one");
      await tick(1_000);
    }
    assert.deepEqual(await page.sent(), ["subscribe 1", "unsubscribe 1"]);
  }));

test("suspense: whoever wants a snapshot does not wait with those who want none", () =>
  withTimers(async () => {
    const page = new Page();
    await page.open();
    await page.show(<Item id="1" options={{ ...SUSPENSE, snapshot: false }} />);
    assert.deepEqual(await page.sent(), ["subscribe 1"]);
    await page.show(<Item id="1" options={SUSPENSE} />);
    assert.deepEqual(await page.sent(), ["subscribe 1"]);
    await page.state("1", "1.a", "one");
    await page.leave();
    assert.deepEqual(await page.sent(), ["unsubscribe 1"]);
  }));

test("suspense: what is known already is not waited for", () =>
  withTimers(async () => {
    const page = new Page();
    await page.open();
    const stop = page.client.entity("items", "1").subscribe(() => {});
    assert.deepEqual(await page.sent(), ["subscribe 1"]);
    await page.state("1", "1.a", "one");
    await page.show(<Items ids={["1", "2"]} options={{ ...SUSPENSE, snapshot: false }} />);
    assert.equal(page.text, "(waiting)");
    await page.state("2", "1.a", "two");
    assert.equal(page.text, "one,two");
    stop();
  }));

test("suspense: the first to be known is held until the last is", () =>
  withTimers(async (tick) => {
    const page = new Page();
    await page.open();
    await page.show(<Items ids={["1", "2"]} options={SUSPENSE} />);
    await page.state("1", "1.a", "one");
    await tick(20_000);
    await page.state("2", "1.a", "two");
    assert.equal(page.text, "one,two");
    await tick(60_000);
    assert.deepEqual(await page.sent(), ["subscribe 1 2"]);
  }));
