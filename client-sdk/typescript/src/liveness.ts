import type { Clock } from "./clock.js";

/** How long an answer may take where the connection is in doubt: the page was hidden, the network
 * changed. */
const CHECK_MS = 5_000;

/** Tells whether the gateway is still there. Websocket pings cannot be seen in browsers, so silence
 * is broken by a ping of the protocol. A connection is given up only when a ping went unanswered:
 * silence alone may mean that the timers of a hidden page were held back. */
export class Liveness {
  readonly #clock: Clock;
  readonly #ping: (written: () => void) => void;
  readonly #dead: () => void;
  #heartbeatMs = 0;
  #heardAt = 0;
  #deadline: number | undefined; // Of the ping that was not answered yet.
  #patience: number | undefined; // Of a ping that waits for its turn.
  #timer: unknown;

  constructor(clock: Clock, ping: (written: () => void) => void, dead: () => void) {
    this.#clock = clock;
    this.#ping = ping;
    this.#dead = dead;
  }

  start(heartbeatMs: number): void {
    this.#heartbeatMs = heartbeatMs;
    this.#patience = undefined;
    this.heard();
    this.#arm(heartbeatMs);
  }

  stop(): void {
    this.#clock.clearTimeout(this.#timer);
  }

  heard(): void {
    this.#heardAt = this.#clock.now();
    this.#deadline = undefined;
  }

  /** Asks now. */
  check(): void {
    this.#ask(Math.min(CHECK_MS, this.#heartbeatMs));
  }

  #ask(ms: number): void {
    const waits = this.#patience !== undefined;
    this.#patience = Math.min(this.#patience ?? Infinity, ms);
    if (waits) return;
    // Its time begins when it is written.
    this.#ping(() => {
      const now = this.#clock.now();
      this.#deadline = Math.min(this.#deadline ?? Infinity, now + this.#patience!);
      this.#patience = undefined;
      this.#arm(this.#deadline - now);
    });
  }

  // The timer is not moved with each event; it looks how long ago the last one was.
  #arm(ms: number): void {
    this.stop();
    this.#timer = this.#clock.setTimeout(() => this.#look(), ms);
  }

  #look(): void {
    const now = this.#clock.now();
    if (this.#deadline !== undefined) {
      if (now >= this.#deadline) this.#dead();
      else this.#arm(this.#deadline - now);
      return;
    }
    const rest = this.#heardAt + this.#heartbeatMs - now;
    this.#arm(rest > 0 ? rest : this.#heartbeatMs);
    if (rest <= 0) this.#ask(this.#heartbeatMs);
  }
}
