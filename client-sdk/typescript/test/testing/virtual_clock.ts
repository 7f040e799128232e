import type { Clock } from "../../src/clock.js";

/** Lets everything that is ready run: what was promised, and what that promised. */
export const settle = () => new Promise<void>((done) => setImmediate(done));

/** Time that passes only when a test says so. */
export class VirtualClock implements Clock {
  #now = 0;
  #next = 1;
  readonly #timers = new Map<number, { at: number; run: () => void }>();

  now(): number {
    return this.#now;
  }

  setTimeout(run: () => void, ms: number): number {
    this.#timers.set(this.#next, { at: this.#now + Math.max(0, ms), run });
    return this.#next++;
  }

  clearTimeout(timer: unknown): void {
    this.#timers.delete(timer as number);
  }

  /** Timers that are set; a client that is closed must leave none. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Runs what falls due within the time, each at its moment. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    for (;;) {
      await settle();
      const [first] = [...this.#timers].sort(([, a], [, b]) => a.at - b.at);
      if (!first || first[1].at > end) break;
      this.#timers.delete(first[0]);
      this.#now = Math.max(this.#now, first[1].at);
      first[1].run();
    }
    this.#now = end;
  }
}
