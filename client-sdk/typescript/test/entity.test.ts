import assert from "node:assert/strict";
import { test } from "node:test";

import { Bench } from "./testing/bench.js";
import { settle } from "./testing/virtual_clock.js";

test("what is known is the same object until it changes", async () => {
  const bench = new Bench();
  const entity = bench.client.entity("items", "1");
  assert.equal(entity.current, bench.client.entity("items", "2").current);
  assert.equal(entity.current.status, "loading");
  entity.subscribe(() => {});
  await bench.open();
  await bench.state("1", "1.a", [{ n: 1 }]);
  const { current } = entity;
  assert.equal(bench.client.entity("items", "1").current, current);
  await bench.state("1", "1.a", [{ n: 1 }]);
  assert.equal(entity.current, current);
  bench.socket.end(1006);
  assert.equal(entity.current, current);
});

test("a listener that fails hurts nobody else, and does not fail in silence", async (context) => {
  const thrown: unknown[] = [];
  const { queueMicrotask } = globalThis;
  context.mock.method(globalThis, "queueMicrotask", (run: () => void) =>
    queueMicrotask(() => {
      try {
        run();
      } catch (error) {
        thrown.push(error);
      }
    }),
  );
  const bench = new Bench();
  const entity = bench.client.entity("items", "1");
  const seen: unknown[] = [];
  entity.subscribe(() => {
    throw new Error("a fault of the page");
  });
  entity.subscribe(({ rows }) => seen.push(rows));
  await bench.open();
  await bench.state("1", "1.a", [1]);
  assert.match(String(thrown), /a fault of the page/);
  assert.deepEqual(seen, [[1]]);
  assert.equal(bench.client.connection.status, "open");
});

test("whoever begins to listen while it changes is told once", async () => {
  const bench = new Bench();
  const [x, y] = [bench.client.entity("items", "x"), bench.client.entity("items", "y")];
  const seen: string[] = [];
  let joined = false;
  x.subscribe(() => {
    if (joined) return;
    joined = true;
    y.subscribe(({ status }) => seen.push(status));
  });
  y.subscribe(() => {});
  await bench.open();
  const [{ ref }] = await bench.sent();
  await bench.event({ event: "subscribed", ref, results: [{ code: "OK" }, { code: "OK" }] });
  const keys = ["x", "y"].map((id) => ({ entity: "items", id }));
  await bench.event({ event: "unsubscribed", keys, code: "PERMISSION_DENIED" });
  assert.deepEqual(seen, ["denied"]);
});

test("a listener that ends another one ends it at once", async () => {
  const bench = new Bench();
  const entity = bench.client.entity("items", "1");
  const seen: string[] = [];
  let stop = () => {};
  entity.subscribe(() => stop());
  stop = entity.subscribe(() => seen.push("ended"));
  await bench.open();
  await bench.state("1", "1.a", [1]);
  assert.deepEqual(seen, []);
});

test("a slow loop skips to the newest state", async () => {
  const bench = new Bench();
  await bench.open();
  const seen: unknown[] = [];
  const more: (() => void)[] = [];
  const loop = (async () => {
    for await (const { rows } of bench.client.entity("items", "1")) {
      seen.push(rows);
      await new Promise<void>((go) => more.push(go));
    }
  })();
  await settle();
  for (const n of [1, 2, 3, 4]) await bench.state("1", `${n}.a`, [n]);
  assert.deepEqual(seen, [[1]]);
  more.shift()!();
  await settle();
  assert.deepEqual(seen, [[1], [4]]);
  bench.client.close();
  more.shift()!();
  await loop;
});

test("leaving a loop ends the subscription", async () => {
  const bench = new Bench();
  await bench.open();
  const loop = (async () => {
    for await (const state of bench.client.entity("items", "1").states({ maxRate: 2 })) return state.rows;
    return undefined;
  })();
  assert.equal((await bench.sent())[0].body[0].maxRate, 2);
  await bench.state("1", "1.a", [1]);
  assert.deepEqual(await loop, [1]);
  assert.deepEqual((await bench.sent()).map(({ action }) => action), ["unsubscribe"]);
});

test("an iterator that waits ends when it is told to, and when the client is closed", async () => {
  const bench = new Bench();
  await bench.open();
  const first = bench.client.entity("items", "1")[Symbol.asyncIterator]();
  const waiting = first.next();
  await first.return!();
  assert.deepEqual(await waiting, { done: true, value: undefined });
  const second = bench.client.entity("items", "1")[Symbol.asyncIterator]();
  const other = second.next();
  bench.client.close();
  assert.equal((await other).done, true);
  assert.equal((await bench.client.entity("items", "1")[Symbol.asyncIterator]().next()).done, true);
});

test("a rate has to be above 0", () => {
  const entity = new Bench().client.entity("items", "1");
  for (const maxRate of [0, -1, NaN]) assert.throws(() => entity.subscribe(() => {}, { maxRate }), RangeError);
});

test("an id that is no Unicode text hurts nobody else", async () => {
  const bench = new Bench();
  const bad = bench.client.entity("items", "\ud800");
  bad.subscribe(() => {});
  bench.client.entity("items", '\\ud800 "😀"').subscribe(() => {});
  await bench.open();
  assert.equal(bad.current.error?.code, "INVALID_ARGUMENT");
  assert.deepEqual((await bench.sent())[0].body.map(({ id }: any) => id), ['\\ud800 "😀"']);
});

test("ten thousand entities come back in ten messages", async () => {
  const bench = new Bench();
  await bench.open();
  const stops = Array.from({ length: 10_000 }, (_, i) =>
    bench.client.entity("items", `${i}`).subscribe(() => {}),
  );
  assert.equal((await bench.sent()).length, 10);
  bench.socket.end(1006);
  await bench.clock.advance(250);
  await bench.open();
  const again = await bench.sent();
  assert.deepEqual(again.map(({ body }) => body.length), Array(10).fill(1_000));
  for (const stop of stops) stop();
  assert.equal((await bench.sent()).length, 10);
});

test("a subscription that ended before it was answered is not tried again", async () => {
  const bench = new Bench();
  await bench.open();
  const stop = bench.client.entity("items", "1").subscribe(() => {});
  const [{ ref }] = await bench.sent();
  stop();
  await bench.sent();
  const results = [{ entity: "items", id: "1", code: "RESOURCE_EXHAUSTED" }];
  await bench.event({ event: "subscribed", ref, results });
  bench.client.entity("items", "2").subscribe(() => {})();
  const other = bench.client.entity("items", "3").subscribe(() => {});
  await bench.sent();
  other();
  assert.deepEqual((await bench.sent()).map(({ action }) => action), ["unsubscribe"]);
});
