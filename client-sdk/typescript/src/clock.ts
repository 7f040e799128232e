/** Time as the SDK sees it. Tests give one of their own, so that no test waits. */
export interface Clock {
  /** Milliseconds since any fixed moment; never goes back. */
  now(): number;
  /** Calls `run` after so long, or after some weeks if that is longer. */
  setTimeout(run: () => void, ms: number): unknown;
  clearTimeout(timer: unknown): void;
}

/** Timers of the platform fire at once if they are to wait longer. */
const MAX_MS = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => performance.now(),
  setTimeout: (run, ms) => setTimeout(run, Math.min(ms, MAX_MS)),
  clearTimeout: (timer) => clearTimeout(timer as number),
};
