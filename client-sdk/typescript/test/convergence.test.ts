import assert from "node:assert/strict";
import { test } from "node:test";

import fastJsonPatch from "fast-json-patch";

import { Bench, randomChange, randomJson, seeded } from "./testing/bench.js";

/** A gateway that keeps the protocol but loses things, of one entity with a history of states. */
class LossyGateway {
  readonly history: { version: string; rows: any[] }[] = [];
  #sent: number | undefined; // What this connection was sent last, as the gateway believes.

  constructor(
    readonly bench: Bench,
    readonly random: () => number,
  ) {
    this.change();
  }

  get newest(): number {
    return this.history.length - 1;
  }

  change(): void {
    const rows = this.history.at(-1)?.rows ?? [];
    const next = this.random() < 0.3 ? [randomJson(this.random)] : randomChange(this.random, rows);
    this.history.push({ version: `${this.history.length}.v`, rows: Array.isArray(next) ? next : [next] });
  }

  /** Answers what the client says. */
  async answer(): Promise<void> {
    for (const { action, ref, body } of await this.bench.sent()) {
      if (action !== "subscribe") continue;
      const key = { entity: "items", id: "1" };
      await this.bench.event({ event: "subscribed", ref, results: [{ ...key, code: "OK" }] });
      const { version } = this.history[this.newest]!;
      if (body[0].known === version) await this.bench.event({ event: "unchanged", ...key, version });
      else await this.#state();
      this.#sent = this.newest;
    }
  }

  async #state(): Promise<void> {
    const { version, rows } = this.history[this.newest]!;
    await this.bench.state("1", version, rows);
  }

  /** Sends the newest state; or a patch, of which some are lost and some have a base of their own. */
  async push(): Promise<void> {
    const confused = this.random() < 0.2;
    const base = confused ? Math.floor(this.random() * this.history.length) : this.#sent;
    if (base === undefined || this.random() < 0.3) return this.#state();
    const from = this.history[base]!;
    const to = this.history[this.newest]!;
    this.#sent = this.newest;
    if (this.random() < 0.1) return; // Lost on the way.
    const patch = fastJsonPatch.compare(from.rows, to.rows);
    const members = { base: from.version, version: to.version, patch };
    await this.bench.event({ event: "patch", entity: "items", id: "1", ...members });
  }
}

test("whatever is lost, a version never stands beside the rows of another", async () => {
  for (let seed = 0; seed < 40; seed++) {
    const random = seeded(seed);
    const bench = new Bench();
    const gateway = new LossyGateway(bench, random);
    const entity = bench.client.entity("items", "1");
    const check = () => {
      const { version, rows } = entity.current;
      if (version === undefined) return;
      const truth = gateway.history.find((state) => state.version === version)!;
      assert.deepEqual(rows, truth.rows, `seed ${seed}: the rows of ${version} are wrong`);
    };
    entity.subscribe(check);
    await bench.open();
    for (let step = 0; step < 60; step++) {
      gateway.change();
      await gateway.push();
      await gateway.answer();
      check();
      if (random() < 0.1) {
        bench.socket.end(1006);
        await bench.clock.advance(10_000);
        await bench.open();
        await gateway.answer();
      }
    }
    bench.socket.end(1012);
    await bench.clock.advance(10_000);
    await bench.open();
    await gateway.answer();
    assert.equal(entity.current.version, gateway.history[gateway.newest]!.version);
    check();
    bench.client.close();
  }
});
