import { EntitySyncError } from "./errors.js";
import { applyPatch } from "./patch.js";
import { decodeRow, type EntityEvent, type Json, type Key, type Row } from "./protocol.js";

/** `loading`: not known yet. `live`: the rows are the present ones, as far as the gateway could be
 * heard. `stale`: the application cannot be asked at the moment; what is shown may be old. `removed`:
 * it does not exist (any more). `denied`: this viewer may not see it. `error`: it cannot be watched. */
export type EntityStatus = "loading" | "live" | "stale" | "removed" | "denied" | "error";

/** What is known of an entity. Each change is a new object; parts of rows that stayed the same stay
 * the same objects. */
export interface EntityState<R = Row> {
  readonly status: EntityStatus;
  /** In the application's order; undefined where none are known (in `loading`, `removed`, ...). */
  readonly rows: readonly R[] | undefined;
  /** Names the state; opaque. */
  readonly version: string | undefined;
  /** In `denied` and `error`: why. */
  readonly error: EntitySyncError | undefined;
}

export const LOADING: EntityState<never> = Object.freeze({
  status: "loading",
  rows: undefined,
  version: undefined,
  error: undefined,
});

/** How an entity is watched. */
export interface WatchOptions {
  /** At most so many states per second, above 0; the last one always comes. Of several who watch the
   * same entity the one who wants most is served. Default: no limit. */
  maxRate?: number | undefined;
  /** False: nothing before the next change. Default: true. */
  snapshot?: boolean | undefined;
}

const DENIALS = new Set(["PERMISSION_DENIED", "UNAUTHENTICATED"]);

export interface Watcher {
  /** The last state that it was told. */
  told?: EntityState;
  readonly listener: (state: EntityState) => void;
  readonly options: WatchOptions;
  /** Called when nothing can come any more. */
  readonly end?: (() => void) | undefined;
}

/** How the gateway was asked to watch. */
interface Asked {
  maxRate: number | undefined;
  /** To say nothing before the next change. */
  silent: boolean;
}

/** One entity that somebody watches: what is known of it, and how the gateway was asked for it. */
export class Entry {
  readonly watchers = new Set<Watcher>();
  state: EntityState = LOADING;
  /** How it is watched on this connection; undefined: it is not. */
  watched: Asked | undefined;
  /** Number of the message that asked, until it is answered. */
  ref: number | undefined;
  /** Ask (again): `full` if what is known must not be built upon. */
  due: "no" | "resume" | "full" = "resume";
  #everAsked = false;
  #rows: readonly Row[] | undefined;
  #version: string | undefined;

  constructor(readonly key: Key) {}

  /** What all who watch want together. */
  get wanted(): { maxRate: number | undefined; snapshot: boolean } {
    const options = [...this.watchers].map((watcher) => watcher.options);
    const rates = options.map(({ maxRate }) => maxRate ?? Infinity);
    const maxRate = Math.max(...rates);
    return {
      maxRate: maxRate === Infinity ? undefined : maxRate,
      snapshot: options.some(({ snapshot }) => snapshot !== false),
    };
  }

  /** What to ask the gateway for. */
  subscription(): string {
    const { maxRate, silent } = this.#asking();
    return JSON.stringify({
      ...this.key,
      known: this.due === "full" ? undefined : this.#version,
      snapshot: silent ? false : undefined,
      patches: true,
      maxRate,
    });
  }

  asked(ref: number): void {
    this.watched = this.#asking();
    this.ref = ref;
    this.due = "no";
    this.#everAsked = true;
  }

  /** The gateway does not watch it (any more). */
  lost(): void {
    this.watched = this.ref = undefined;
  }

  /** Takes what the gateway says. False: it does not fit to what is known. */
  take(event: EntityEvent): boolean {
    if (event.event === "stale") return this.#show("stale");
    if (event.event === "unchanged" || event.event === "patch") {
      const base = event.event === "patch" ? event.base : event.version;
      if (this.#version === undefined || this.#version !== base) return false;
    }
    if (event.event === "patch") {
      const rows = this.#patched(event.patch);
      if (!rows) return false;
      this.#rows = rows;
    } else if (event.event === "removed") {
      this.#rows = undefined;
    } else if (event.event === "state" && (event.version !== this.#version || !this.#rows)) {
      this.#rows = (event.rows ?? []).map(decodeRow);
    }
    this.#version = event.version;
    return this.#show(this.#rows ? "live" : "removed");
  }

  /** It cannot be watched. Where the right to see it is what lacks, what was seen is forgotten. */
  refused(error: EntitySyncError, denied = DENIALS.has(error.code)): void {
    this.lost();
    this.due = "no";
    this.#rows = this.#version = undefined;
    this.#show(denied ? "denied" : "error", error);
  }

  /** What was seen must not be seen any more, and nothing else is known. */
  forget(): void {
    if (this.#version === undefined) return;
    this.#rows = this.#version = undefined;
    this.#show("loading");
  }

  #asking(): Asked {
    const { maxRate, snapshot } = this.wanted;
    // After the first time a change may have been missed: then the state is wanted in any case.
    return { maxRate, silent: !snapshot && !this.#everAsked };
  }

  #patched(patch: Parameters<typeof applyPatch>[1]): readonly Row[] | undefined {
    try {
      const rows = applyPatch(this.#rows as Json, patch);
      return Array.isArray(rows) ? rows : undefined;
    } catch {
      return undefined; // The full state will tell.
    }
  }

  #show(status: EntityStatus, error?: EntitySyncError): true {
    const state = { status, rows: this.#rows, version: this.#version, error };
    const { state: old } = this;
    const same =
      old.status === status &&
      old.rows === state.rows &&
      old.version === state.version &&
      old.error?.code === error?.code;
    if (!same) {
      this.state = state;
      for (const watcher of [...this.watchers]) this.tell(watcher);
    }
    return true;
  }

  /** Tells one of those who watch, if it still does and does not know. */
  tell(watcher: Watcher): void {
    if (!this.watchers.has(watcher) || watcher.told === this.state) return;
    watcher.told = this.state;
    try {
      watcher.listener(this.state);
    } catch (error) {
      // A fault of one listener is not the others' business, nor may it vanish.
      queueMicrotask(() => {
        throw error;
      });
    }
  }
}
