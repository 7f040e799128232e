import { connect, type ConnectOptions, type EntitySyncClient } from "../../src/index.js";
import { FakeGateway, type FakeSocket } from "./fake_gateway.js";
import { settle, VirtualClock } from "./virtual_clock.js";

/** A client with everything around it in the test's hands. */
export class Bench {
  readonly clock = new VirtualClock();
  readonly gateway = new FakeGateway();
  readonly client: EntitySyncClient;
  readonly errors: unknown[] = [];
  random = 0.5;

  constructor(options: ConnectOptions = {}) {
    this.client = connect({
      url: "ws://gateway.example/",
      WebSocket: this.gateway.WebSocket,
      clock: this.clock,
      random: () => this.random,
      environment: null,
      ...options,
    });
    this.client.on("error", (error) => this.errors.push(error));
  }

  get socket(): FakeSocket {
    return this.gateway.socket;
  }

  /** The connection comes up. */
  async open(members?: object): Promise<void> {
    await settle();
    this.socket.accept();
    this.socket.welcome(members);
    await settle();
  }

  /** An event of the gateway. */
  async event(event: object): Promise<void> {
    this.socket.event(event);
    await settle();
  }

  state(id: string, version: string, rows: unknown[]): Promise<void> {
    return this.event({ event: "state", entity: "items", id, version, rows });
  }

  /** What the client has sent since the last look. */
  async sent(): Promise<any[]> {
    await settle();
    return this.socket.take();
  }
}

/** Random numbers that are the same in each run. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A random JSON value, with the names and values where faults like to be. */
export function randomJson(random: () => number, depth = 4): any {
  const pick = <T>(...choices: T[]): T => choices[Math.floor(random() * choices.length)]!;
  const size = Math.floor(random() * 5);
  if (depth === 0 || random() < 0.3) {
    return pick<unknown>(null, true, false, 0, -1, 1.5, 1e300, "", "a", "/~", "ä😀", "x".repeat(size));
  }
  const child = () => randomJson(random, depth - 1);
  if (random() < 0.5) return Array.from({ length: size }, child);
  const names = ["a", "b", "c", "", "0", "1", "-", "a/b", "m~n", "~1", "toString", "length"];
  return Object.fromEntries(Array.from({ length: size }, () => [pick(...names), child()]));
}

/** A value that has much in common with another. */
export function randomChange(random: () => number, value: any): any {
  if (random() < 0.3) return randomJson(random, 2);
  if (typeof value !== "object" || value === null) return random() < 0.5 ? value : randomJson(random, 1);
  if (Array.isArray(value)) {
    const kept = value.filter(() => random() < 0.8).map((v) => (random() < 0.3 ? randomChange(random, v) : v));
    return random() < 0.4 ? [...kept, randomJson(random, 2)] : kept;
  }
  const kept = Object.entries(value).filter(() => random() < 0.8);
  return Object.fromEntries(kept.map(([k, v]) => [k, random() < 0.3 ? randomChange(random, v) : v]));
}
