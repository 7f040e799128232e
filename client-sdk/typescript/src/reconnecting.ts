/** When to come back after a connection ended: SPEC.md, "Coming back". */

const FIRST_DELAY_MS = 250;
const MAX_DELAY_MS = 10_000;

/** A connection that held so long was no refusal. */
const HELD_MS = 5_000;

/** What a close code asks of the client. `again`: come back; `expired`: with another credential, if
 * there is a way to get one; `refused`: not with this credential; `final`: not at all. */
export type Verdict = "again" | "expired" | "refused" | "final";

// Whoever broke the protocol or was told goodbye must not come back for the same again.
const VERDICTS: { readonly [code: number]: Verdict } = {
  1000: "final",
  1002: "final",
  1003: "final",
  1007: "final",
  1009: "final",
  4001: "refused",
  4002: "expired",
  4003: "final",
};

export const verdictOn = (code: number): Verdict => VERDICTS[code] ?? "again";

/** Full jitter: clients of a gateway that went away do not come back all at once. */
export class Backoff {
  readonly #random: () => number;
  #failures = 0;

  constructor(random: () => number) {
    this.#random = random;
  }

  /** A connection that held for `ms` is over. */
  held(ms: number): void {
    if (ms >= HELD_MS) this.reset();
  }

  reset(): void {
    this.#failures = 0;
  }

  /** The time until the next attempt. */
  next(): number {
    return this.#random() * Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** this.#failures++);
  }
}

/** A random moment of the window that a gateway announced; undefined if that makes no sense. */
export function momentOf(window: readonly number[] | undefined, random: () => number) {
  const [begin, end] = window ?? [];
  if (begin === undefined || end === undefined || !(begin >= 0 && end >= begin)) return undefined;
  return begin + random() * (end - begin);
}
