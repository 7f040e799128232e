import assert from "node:assert/strict";

import type { Environment, EnvironmentEvent } from "../../src/environment.js";
import { connect, type ConnectOptions, type EntitySyncClient } from "../../src/index.js";
import { FakeGateway, type FakeSocket, WELCOME } from "./fake_gateway.js";
import { settle, VirtualClock } from "./virtual_clock.js";

/** A file of tests/conformance/v1; the README there says what each member means. */
export interface Vector {
  title: string;
  for: string[];
  options?: { token?: string | { callback: true } };
  steps: Record<string, any>[];
}

/** What the SDK told its user and no step has named yet, by kind and name. */
class Observations {
  readonly #waiting: { about: string; what: any }[] = [];

  add(about: string, what: any): void {
    this.#waiting.push({ about, what });
  }

  take(about: string): any {
    const at = this.#waiting.findIndex((observation) => observation.about === about);
    assert.notEqual(at, -1, `the SDK has not told: ${about}`);
    return this.#waiting.splice(at, 1)[0]!.what;
  }

  assertNone(): void {
    assert.deepEqual(this.#waiting, [], "the SDK told more than the file says");
  }
}

/** Plays a conversation with the SDK. */
export class VectorRunner {
  readonly #clock = new VirtualClock();
  readonly #gateway = new FakeGateway();
  readonly #seen = new Observations();
  readonly #bound = new Map<string, unknown>();
  readonly #randoms: number[] = [];
  readonly #tokenCalls: { resolve: (token: string) => void; reject: (why: Error) => void }[] = [];
  readonly #stops = new Map<string, () => void>();
  readonly #aborts = new Map<string, AbortController>();
  #attempts = 0; // Handshakes that a step has named.
  #tellEnvironment: (what: EnvironmentEvent) => void = () => {};
  #client!: EntitySyncClient;

  async play(vector: Vector): Promise<void> {
    this.#client = connect(this.#options(vector));
    this.#client.on("error", (error) => this.#seen.add("error", error));
    let number = 0;
    for (const step of vector.steps) {
      number++;
      try {
        // Not awaited, because steps like that share a turn.
        if ("api" in step) this.#api(step);
        else await this.#step(step);
      } catch (error) {
        const where = `step ${number}, ${JSON.stringify(step)}`;
        throw new Error(`${where}: ${error instanceof Error ? error.message : error}`, { cause: error });
      }
    }
    await settle();
    this.#assertNothingUnnamed();
    this.#client.close();
    await settle();
    assert.equal(this.#clock.pending, 0, "a closed client has timers");
  }

  #options({ options: { token } = {} }: Vector): ConnectOptions {
    const environment: Environment = {
      online: () => true,
      watch: (changed) => ((this.#tellEnvironment = changed), () => (this.#tellEnvironment = () => {})),
    };
    const call = () =>
      new Promise<string>((resolve, reject) => this.#tokenCalls.push({ resolve, reject }));
    return {
      url: "ws://gateway.example/ws/entity-sync/",
      WebSocket: this.#gateway.WebSocket,
      clock: this.#clock,
      environment,
      random: () => {
        assert.ok(this.#randoms.length > 0, "the SDK drew a random number that no step gives");
        return this.#randoms.shift()!;
      },
      ...(token === undefined ? {} : { token: typeof token === "string" ? token : call }),
    };
  }

  async #step(step: Record<string, any>): Promise<void> {
    const kind = Object.keys(step)[0]!;
    const value = step[kind];
    if (kind === "app") return;
    await settle();
    if (ACTS.has(kind)) this.#assertNothingUnnamed();
    switch (kind) {
      case "random":
        return void this.#randoms.push(value);
      case "advance_ms":
        return this.#clock.advance(value);
      case "environment":
        return this.#tellEnvironment(value);
      case "token":
        return this.#answerToken(value);
      case "observe":
        return this.#observe(step);
      default:
        return this.#talk(kind, value, step.reason);
    }
  }

  #talk(kind: string, value: any, reason = ""): void {
    switch (kind) {
      case "accept":
        return this.#attempt().accept();
      case "refuse":
        return this.#attempt().end(1006);
      case "welcome":
        return this.#socket.welcome(
          this.#filled({ ...value, limits: { ...WELCOME.limits, ...value.limits } }) as object,
        );
      case "client":
        return this.#expectMessage(value);
      case "gateway":
        return this.#socket.event(this.#filled(value) as object);
      case "gateway_text":
        return this.#socket.text(value);
      case "gateway_unordered":
        return value.forEach((event: object) => this.#socket.event(this.#filled(event) as object));
      case "close":
        return this.#socket.end(value, reason);
      case "drop":
        return this.#socket.end(1006);
      case "client_close": {
        const closed = this.#gateway.sockets[this.#attempts - 1]!;
        assert.equal(closed.closedWith, value, "the SDK has not closed the connection with this code");
        closed.closedWith = -1; // Named.
        return;
      }
      default:
        throw new Error(`there is no step "${kind}"`);
    }
  }

  get #socket(): FakeSocket {
    const socket = this.#gateway.sockets[this.#attempts - 1];
    assert.ok(socket && socket.closedWith === undefined, "there is no connection");
    return socket;
  }

  #attempt(): FakeSocket {
    const socket = this.#gateway.sockets[this.#attempts++];
    assert.ok(socket, "the SDK has not begun a handshake");
    assert.deepEqual(socket.protocols, [WELCOME.protocol]);
    return socket;
  }

  #expectMessage(expected: object): void {
    const frame = this.#gateway.sockets[this.#attempts - 1]?.frames.shift();
    assert.ok(frame, "the SDK has sent nothing (more)");
    this.#bind(expected, frame);
    assert.deepEqual(normal(frame), normal(this.#filled(expected)));
  }

  #answerToken(answer: string | { fails: string }): void {
    const call = this.#tokenCalls.shift();
    assert.ok(call, "the SDK has not asked for a token");
    if (typeof answer === "string") call.resolve(answer);
    else call.reject(new Error(answer.fails));
  }

  #api(step: Record<string, any>): void {
    const { api, as: name, entity, id, maxRate, snapshot, token, data, timeoutMs } = step;
    if (api === "listen") {
      const listener = (state: unknown) => this.#seen.add(`state of ${name}`, state);
      const stop = this.#client.entity(entity, id).subscribe(listener, { maxRate, snapshot });
      this.#stops.set(name, stop);
    } else if (api === "unlisten") {
      this.#stops.get(name)!();
    } else if (api === "authenticate") {
      this.#settled(name, this.#client.authenticate(token), "authenticated");
    } else if (api === "request") {
      const abort = new AbortController();
      this.#aborts.set(name, abort);
      this.#settled(name, this.#client.request(data, { timeoutMs, signal: abort.signal }), "reply");
    } else if (api === "abort") {
      this.#aborts.get(name)!.abort();
    } else if (api === "close") {
      this.#client.close();
    } else {
      throw new Error(`there is no api "${api}"`);
    }
  }

  #settled(name: string, promise: Promise<unknown>, what: string): void {
    promise.then(
      (value) => this.#seen.add(`${what} of ${name}`, value),
      (error) =>
        this.#seen.add(`failed of ${name}`, error.name === "AbortError" ? { code: "CANCELLED" } : error),
    );
  }

  #observe({ observe, as: name, ...expected }: Record<string, any>): void {
    expected = this.#filled(expected) as Record<string, any>;
    if (observe === "connection") return assertMembers(this.#client.connection, expected);
    const seen = this.#seen.take(observe === "error" ? "error" : `${observe} of ${name}`);
    if (observe === "reply") assert.deepEqual(shown(seen), expected.replies);
    else if (observe === "state") {
      const { rows, ...others } = expected;
      assert.deepEqual(seen.rows && shown(seen.rows), rows);
      assertMembers({ ...seen, code: seen.error?.code }, others);
    } else if (observe !== "authenticated") assertMembers(seen, expected);
  }

  #assertNothingUnnamed(): void {
    const { sockets } = this.#gateway;
    assert.equal(sockets.length, this.#attempts, "the SDK has begun a handshake");
    assert.deepEqual(sockets.flatMap((socket) => socket.frames), [], "the SDK sent more than the file says");
    const closed = sockets.filter(({ closedWith = -1 }) => closedWith !== -1);
    assert.deepEqual(closed.map((socket) => socket.closedWith), [], "the SDK has closed a connection");
    assert.equal(this.#tokenCalls.length, 0, "the SDK has asked for a token");
    this.#seen.assertNone();
  }

  /** Learns what placeholders in `expected` stand for. */
  #bind(expected: any, actual: any): void {
    if (isPlaceholder(expected)) {
      if (!this.#bound.has(expected) && expected.startsWith("$r")) this.#bound.set(expected, actual);
    } else if (typeof expected === "object" && expected !== null) {
      for (const name of Object.keys(expected)) this.#bind(expected[name], actual?.[name]);
    }
  }

  #filled(value: any): unknown {
    if (isPlaceholder(value)) {
      if (value.startsWith("$r")) assert.ok(this.#bound.has(value), `${value} is not bound`);
      return this.#bound.get(value) ?? `made up for ${value}`;
    }
    if (typeof value !== "object" || value === null) return value;
    if (Array.isArray(value)) return value.map((element) => this.#filled(element));
    return Object.fromEntries(Object.entries(value).map(([name, of]) => [name, this.#filled(of)]));
  }
}

/** Steps that make something happen, rather than expect that it did. */
const ACTS = new Set(
  "welcome gateway gateway_text gateway_unordered close drop advance_ms environment".split(" "),
);

const isPlaceholder = (value: unknown): value is string =>
  typeof value === "string" && /^\$[a-z0-9]+$/i.test(value);

function normal(message: any): unknown {
  if (message.action !== "subscribe" && message.action !== "unsubscribe") return message;
  const body = [message.body].flat().map(({ snapshot, ...rest }: any) => ({
    ...rest,
    ...(snapshot === false ? { snapshot } : {}),
  }));
  return { ...message, body };
}

const shown = (rows: readonly unknown[]) =>
  rows.map((row) =>
    row instanceof Uint8Array ? { $bytes: Buffer.from(row).toString("base64") } : row,
  );

function assertMembers(actual: any, expected: Record<string, unknown>): void {
  const named = Object.fromEntries(Object.keys(expected).map((name) => [name, actual[name]]));
  assert.deepEqual(named, expected);
}
