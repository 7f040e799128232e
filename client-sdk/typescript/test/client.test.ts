import assert from "node:assert/strict";
import { test } from "node:test";

import { systemClock } from "../src/clock.js";
import { connect, type ConnectionState, EntitySyncError } from "../src/index.js";
import { Bench } from "./testing/bench.js";
import { FakeGateway } from "./testing/fake_gateway.js";
import { settle } from "./testing/virtual_clock.js";

test("each change of the connection is told, and is a new object", async () => {
  const bench = new Bench();
  const seen: ConnectionState[] = [];
  const off = bench.client.on("connection", (state) => seen.push(state));
  await bench.open();
  assert.equal(bench.client.connection, seen.at(-1));
  assert.equal(bench.client.connection.connection, "c1");
  bench.socket.end(1013, "busy");
  await bench.clock.advance(125);
  off();
  bench.client.close();
  assert.deepEqual(seen, [
    { status: "open", connection: "c1" },
    { status: "waiting", retryInMs: 125, code: 1013, reason: "busy" },
    { status: "connecting" },
  ]);
});

test("whoever is told after the state has changed again is told of the newer one only", async () => {
  const bench = new Bench();
  const seen: string[] = [];
  bench.client.on("connection", ({ status }) => status === "open" && bench.client.close());
  bench.client.on("connection", ({ status }) => seen.push(status));
  await bench.open();
  assert.deepEqual(seen, ["closed"]);
});

test("a listener may close the client whatever it is told", async () => {
  for (const status of ["connecting", "open", "waiting", "refused"]) {
    const bench = new Bench({ token: "t" });
    bench.client.on("connection", (state) => state.status === status && bench.client.close());
    await bench.open();
    if (status !== "open") bench.socket.end(status === "refused" ? 4001 : 1006);
    await bench.clock.advance(60_000);
    assert.equal(bench.client.connection.status, "closed", status);
    assert.equal(bench.clock.pending, 0, status);
  }
});

test("whoever hears of an error may close the client, or give it another credential", async () => {
  for (const close of [true, false]) {
    let calls = 0;
    const bench = new Bench({
      token: async () => {
        calls++;
        throw new Error("no");
      },
    });
    bench.client.on("error", () => (close ? bench.client.close() : void bench.client.authenticate("fresh")));
    await settle();
    assert.equal(bench.client.connection.status, close ? "closed" : "connecting");
    await bench.clock.advance(9_000);
    assert.equal(calls, 1);
    assert.equal(bench.gateway.sockets.length, close ? 0 : 1);
    if (close) await assert.rejects(bench.client.request(1), { code: "CANCELLED" });
  }
});

test("a token function may close the client, or give it another credential", async () => {
  for (const close of [true, false]) {
    let calls = 0;
    const bench: Bench = new Bench({
      token: () => {
        if (++calls === 2) close ? bench.client.close() : void bench.client.authenticate("fresh");
        return "t";
      },
    });
    await bench.open();
    bench.socket.end(1006);
    await bench.clock.advance(125);
    assert.equal(bench.client.connection.status, close ? "closed" : "connecting");
    assert.equal(bench.gateway.sockets.length, close ? 1 : 2);
    if (!close) {
      await bench.open();
      assert.deepEqual((await bench.sent()).map(({ body }) => body), [{ secret: "fresh" }]);
      bench.client.close();
    }
    assert.equal(bench.clock.pending, 0);
  }
});

test("a listener that renews itself is told of the next change, not of this one for ever", async () => {
  const bench = new Bench();
  let told = 0;
  const arm = () => {
    const off = bench.client.on("connection", () => {
      off();
      told++;
      arm();
    });
  };
  arm();
  await bench.open();
  bench.client.close();
  assert.equal(told, 2);
});

test("a credential that is given when one is refused is presented once", async () => {
  const bench = new Bench({ token: "alice" });
  bench.client.on("error", () => void bench.client.authenticate("carol"));
  void bench.client.authenticate("mallory");
  await bench.open();
  const [{ ref }] = await bench.sent();
  await bench.event({ event: "error", ref, code: "UNAUTHENTICATED" });
  assert.deepEqual((await bench.sent()).map(({ body }) => body), [{ secret: "carol" }]);
});

test("a server that speaks something else is no gateway", async () => {
  const bench = new Bench();
  await settle();
  Object.assign(bench.socket, { protocol: "" });
  bench.socket.accept();
  assert.equal(bench.client.connection.status, "waiting");
  assert.match(bench.client.connection.reason!, /entity-sync.v1.json/);
});

test("times that are too long for a timer are weeks", async () => {
  const timer = systemClock.setTimeout(() => assert.fail("it fired"), Infinity);
  await new Promise((done) => setTimeout(done, 5));
  systemClock.clearTimeout(timer);
});

test("addresses: http stands for ws, pages may give relative ones", () => {
  const { WebSocket, sockets } = new FakeGateway();
  const page = globalThis as any;
  page.location = { href: "https://app.example/shop/#top" };
  try {
    for (const url of ["wss://g.example/x", "http://g.example/x#y", "/sync/", "here?a=1", undefined]) {
      connect({ ...(url ? { url } : {}), WebSocket }).close();
    }
  } finally {
    delete page.location;
  }
  assert.deepEqual(sockets.map(({ url }) => url), [
    "wss://g.example/x",
    "ws://g.example/x",
    "wss://app.example/sync/",
    "wss://app.example/shop/here?a=1",
    "wss://app.example/ws/entity-sync/",
  ]);
});

test("without a WebSocket it says what to do", { skip: "WebSocket" in globalThis }, () => {
  assert.throws(() => connect("ws://g.example/"), /package ws/);
});

test("a page that may not connect there does not try again", async () => {
  class Refusing {
    constructor() {
      throw new DOMException("the page is secure, the gateway is not", "SecurityError");
    }
  }
  const bench = new Bench({ token: async () => "t", WebSocket: Refusing as any });
  await settle();
  assert.equal(bench.client.connection.status, "closed");
  assert.equal((bench.errors[0] as EntitySyncError).code, "FAILED_PRECONDITION");
});

test("a page tells about its network and who looks at it, and is left alone in the end", async () => {
  const page = new EventTarget() as any;
  const document = Object.assign(new EventTarget(), { visibilityState: "hidden" });
  const names = ["addEventListener", "document", "navigator"] as const;
  const before = names.map((name) => Object.getOwnPropertyDescriptor(globalThis, name));
  const signals = new Set<AbortSignal>();
  const listen = (name: string, listener: () => void, options: { signal: AbortSignal }) => {
    signals.add(options.signal);
    page.addEventListener(name, listener, options);
  };
  const values = [listen, document, { onLine: false }];
  names.forEach((name, i) =>
    Object.defineProperty(globalThis, name, { value: values[i], configurable: true, writable: true }),
  );
  try {
    const bench = new Bench({ environment: undefined as never });
    assert.equal(bench.client.connection.status, "offline");
    page.dispatchEvent(new Event("online"));
    await bench.open();
    document.dispatchEvent(new Event("visibilitychange"));
    assert.deepEqual(await bench.sent(), []);
    document.visibilityState = "visible";
    document.dispatchEvent(new Event("visibilitychange"));
    assert.equal((await bench.sent())[0].action, "ping");
    bench.client.close();
    assert.deepEqual([...signals].map(({ aborted }) => aborted), [true]);
  } finally {
    names.forEach((name, i) => {
      const old = before[i];
      if (old) Object.defineProperty(globalThis, name, old);
      else delete (globalThis as any)[name];
    });
  }
});

test("a token function that hangs does not hang the client", async () => {
  let calls = 0;
  const bench = new Bench({ token: () => (++calls === 1 ? new Promise(() => {}) : "t") });
  await bench.clock.advance(10_000);
  assert.equal(bench.client.connection.status, "waiting");
  await bench.clock.advance(125);
  await bench.open();
  assert.deepEqual((await bench.sent())[0].body, { secret: "t" });
});

test("a token function that answers too late is not listened to", async () => {
  const answers: ((token: string) => void)[] = [];
  const bench = new Bench({ token: () => new Promise((answer) => answers.push(answer)) });
  await bench.clock.advance(10_125);
  answers[1]!("second");
  await settle();
  answers[0]!("first");
  await bench.open();
  assert.deepEqual((await bench.sent()).map(({ body }) => body), [{ secret: "second" }]);
  assert.equal(bench.gateway.sockets.length, 1);
});

test("a credential that is refused on a new connection gives way to the one before", async () => {
  const bench = new Bench({ token: "alice" });
  const refused = bench.client.authenticate("mallory");
  await bench.open();
  const [{ ref }] = await bench.sent();
  await bench.event({ event: "error", ref, code: "UNAUTHENTICATED", message: "unknown" });
  await assert.rejects(refused, { code: "UNAUTHENTICATED" });
  assert.deepEqual((await bench.sent()).map(({ body }) => body), [{ secret: "alice" }]);
});

test("requests are bounded, whether they wait or are under way", async () => {
  const bench = new Bench({ maxRequests: 2 });
  const first = bench.client.request(1);
  await bench.open();
  const second = bench.client.request(2);
  await assert.rejects(bench.client.request(3), { code: "RESOURCE_EXHAUSTED" });
  const refs = (await bench.sent()).map(({ ref }) => ref);
  for (const ref of refs) await bench.event({ event: "reply", ref, replies: [ref] });
  assert.deepEqual([await first, await second], [[refs[0]], [refs[1]]]);
  bench.client.request(4).catch(() => {});
  assert.equal((await bench.sent()).length, 1);
});

test("a request that was given up before it was made is not made", async () => {
  const bench = new Bench();
  await bench.open();
  const signal = AbortSignal.abort(new Error("never mind"));
  await assert.rejects(bench.client.request(1, { signal }), /never mind/);
  await assert.rejects(bench.client.request("\ud800"), { code: "INVALID_ARGUMENT" });
  assert.deepEqual(await bench.sent(), []);
});

test("a binary frame is reported, and nothing else happens", async () => {
  const bench = new Bench();
  await bench.open();
  bench.socket.text(new ArrayBuffer(1));
  assert.deepEqual(bench.errors.map((error) => (error as EntitySyncError).code), ["INTERNAL"]);
  assert.equal(bench.client.connection.status, "open");
});

test("a token that fails after its connection has ended is ignored: the next one asks again", async () => {
  const late: ((why: Error) => void)[] = [];
  let calls = 0;
  const bench = new Bench({
    token: () => (++calls === 2 ? new Promise((_, reject) => late.push(reject)) : `t${calls}`),
  });
  await bench.open();
  const authenticated = bench.client.authenticate();
  bench.socket.end(1006);
  late[0]!(new Error("too late"));
  await bench.clock.advance(125);
  await bench.open();
  const [{ ref, body }] = await bench.sent();
  assert.deepEqual(body, { secret: "t3" });
  await bench.event({ event: "authenticated", ref });
  await authenticated;
  assert.deepEqual(bench.errors, []);
});

test("an error that nobody listens to goes to the console", async (context) => {
  const { WebSocket } = new FakeGateway();
  const log = context.mock.method(console, "error", () => {});
  const client = connect({ url: "ws://g.example/", WebSocket, token: () => Promise.reject(new Error("no")) });
  await settle();
  assert.equal(log.mock.callCount(), 1);
  client.close();
});

test("everything fails after the client is closed", async () => {
  const bench = new Bench();
  await bench.open();
  bench.client.close();
  await assert.rejects(bench.client.authenticate("t"), { code: "CANCELLED" });
  await assert.rejects(bench.client.request(1), { code: "CANCELLED" });
  bench.client.entity("items", "1").subscribe(() => {});
  bench.client.close();
  assert.deepEqual(await bench.sent(), []);
  assert.equal(bench.clock.pending, 0);
});

test("a refused credential leaves no promise that nobody handles", async () => {
  const bench = new Bench();
  await bench.open();
  void bench.client.authenticate("mallory");
  const [{ ref }] = await bench.sent();
  await bench.event({ event: "error", ref, code: "UNAUTHENTICATED" });
  assert.equal((bench.errors[0] as EntitySyncError).code, "UNAUTHENTICATED");
});

test("however the limit of bytes cuts them, all subscriptions go out, in messages that it allows", async () => {
  for (let messageBytes = 300; messageBytes < 420; messageBytes++) {
    const bench = new Bench();
    for (let i = 10; i < 40; i++) bench.client.entity("items", `${i}`).subscribe(() => {});
    await bench.open({ limits: { messageBytes, subscriptions: 100, subscriptionsPerMessage: 1000 } });
    const sent = await bench.sent();
    assert.equal(sent.flatMap(({ body }) => body).length, 30, `${messageBytes}`);
    for (const message of sent) assert.ok(JSON.stringify(message).length <= messageBytes, `${messageBytes}`);
    assert.deepEqual(bench.errors, []);
    assert.equal(bench.client.connection.status, "open");
    bench.client.close();
  }
});

test("a request that is made while a connection opens goes out once, after the subscriptions", async () => {
  const bench = new Bench();
  const asked: Promise<unknown>[] = [];
  bench.client.entity("items", "\ud800").subscribe(({ status }) => {
    if (status === "error") asked.push(bench.client.request({ buy: 1 }).catch(() => {}));
  });
  bench.client.entity("items", "1").subscribe(() => {});
  await bench.open();
  assert.equal(asked.length, 1);
  assert.deepEqual((await bench.sent()).map(({ action }) => action), ["subscribe", "message"]);
  bench.client.close();
  await Promise.all(asked);
});
