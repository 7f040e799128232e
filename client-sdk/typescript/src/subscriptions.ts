import { Entry, type EntityState, LOADING, type WatchOptions, type Watcher } from "./entry.js";
import { EntitySyncError } from "./errors.js";
import type { EntityEvent, Key, ServerEvent } from "./protocol.js";
import type { Batch, Wire } from "./wire.js";

/** Everything that is watched. Many who watch one entity are one subscription to the gateway. What
 * changes within one turn of the event loop goes out together when the turn ends, so what is undone in
 * the same turn costs nothing. */
export class Subscriptions {
  readonly #wire: Wire;
  readonly #entries = new Map<string, Entry>();
  readonly #dirty = new Set<Entry>();
  /** Those for which the gateway had no room. */
  readonly #crowdedOut = new Set<Entry>();
  #newcomers: (() => void)[] = [];
  #turnEnds = false;
  #ended = false;

  constructor(wire: Wire) {
    this.#wire = wire;
  }

  current(key: Key): EntityState {
    return this.#entries.get(nameOf(key))?.state ?? LOADING;
  }

  /** Watches until the returned function is called. */
  add(key: Key, listener: Watcher["listener"], options: WatchOptions, end?: () => void): () => void {
    const { maxRate } = options;
    if (maxRate !== undefined && !(maxRate > 0)) throw new RangeError("maxRate has to be above 0");
    if (this.#ended) {
      end?.();
      return () => {};
    }
    const name = nameOf(key);
    const entry = this.#entries.get(name) ?? new Entry(key);
    this.#entries.set(name, entry);
    const watcher: Watcher = { listener, options, end };
    entry.watchers.add(watcher);
    if (options.snapshot !== false && entry.state.status !== "loading") {
      this.#newcomers.push(() => entry.tell(watcher));
    }
    this.#touch(entry);
    return () => {
      if (entry.watchers.delete(watcher)) this.#touch(entry);
    };
  }

  /** There is a connection that knows nothing of all this. */
  opened(): void {
    this.#dirty.clear(); // In the order of their first listeners.
    for (const entry of this.#entries.values()) {
      entry.due = "resume";
      this.#dirty.add(entry);
    }
    this.flush();
  }

  down(): void {
    for (const [name, entry] of this.#entries) {
      entry.lost();
      if (entry.watchers.size > 0) continue;
      this.#entries.delete(name);
      this.#dirty.delete(entry);
    }
    this.#crowdedOut.clear();
  }

  /** Nothing can come any more. */
  end(): void {
    this.#ended = true;
    const watchers = [...this.#entries.values()].flatMap((entry) => [...entry.watchers]);
    for (const watcher of watchers) watcher.end?.();
  }

  /** There is another credential: what was denied may be allowed now. */
  retryDenied(): void {
    for (const entry of this.#entries.values()) {
      if (entry.state.status === "denied" && !entry.watched) this.#again(entry, "resume");
    }
  }

  /** The right to watch was withdrawn. */
  withdrawn(keys: readonly Key[], code: string): void {
    for (const key of keys) {
      const entry = this.#entries.get(nameOf(key));
      const error = new EntitySyncError(code, "this viewer may not see it", key);
      // A subscription that waits for its answer is a newer one: that was its predecessor's.
      if (entry?.ref !== undefined) entry.forget();
      else if (entry?.watched) entry.refused(error, true);
    }
  }

  receive(event: EntityEvent): void {
    const entry = this.#entries.get(nameOf(event));
    // Else it was under way while the subscription ended.
    if (!entry?.watched || entry.take(event)) return;
    // With a subscription under way the full state is, too.
    if (entry.ref === undefined) this.#again(entry, "full");
  }

  /** Says to the gateway what has changed. */
  flush(): void {
    if (this.#wire.open && !this.#wire.clear) return; // Comes back when it is.
    const gone: Entry[] = [];
    const asked: Entry[] = [];
    const changed: Entry[] = [];
    for (const entry of this.#dirty) {
      const { watched, watchers } = entry;
      if (watchers.size === 0) {
        this.#entries.delete(nameOf(entry.key));
        this.#crowdedOut.delete(entry);
        if (watched) gone.push(entry);
        entry.lost();
      } else if (this.#isDue(entry)) {
        asked.push(entry);
      } else if (watched && watched.maxRate !== entry.wanted.maxRate) {
        changed.push(entry);
      }
    }
    this.#dirty.clear();
    if (!this.#wire.open) return;
    this.#wire.callWith("unsubscribe", gone, UNSUBSCRIBE);
    this.#wire.callWith("subscribe", [...asked, ...this.#takeRoom(gone.length)], this.#subscribe);
    for (const entry of changed) this.#update(entry);
  }

  // Whoever wants to see the state at once, where the gateway was told that nobody does, asks again.
  #isDue(entry: Entry): boolean {
    const silent = entry.watched?.silent && entry.state.status === "loading";
    return entry.due !== "no" || (silent === true && entry.wanted.snapshot);
  }

  /** Those that were crowded out, as many as there is room for now. */
  #takeRoom(room: number): Entry[] {
    const entries = [...this.#crowdedOut].slice(0, room);
    for (const entry of entries) this.#crowdedOut.delete(entry);
    return entries;
  }

  #again(entry: Entry, due: "resume" | "full"): void {
    entry.due = due;
    this.#touch(entry);
  }

  #touch(entry: Entry): void {
    this.#dirty.add(entry);
    if (this.#turnEnds) return;
    this.#turnEnds = true;
    queueMicrotask(() => {
      this.#turnEnds = false;
      const newcomers = this.#newcomers;
      this.#newcomers = [];
      for (const tell of newcomers) tell();
      this.flush();
    });
  }

  #subscribe: Batch<Entry> = {
    bodyOf: (entry) => entry.subscription(),
    sent: (entries, ref) => {
      for (const entry of entries) entry.asked(ref);
    },
    unfit: (entry, why) => entry.refused(why),
    answered: (event, entries, ref) => entries.forEach((entry, i) => {
      if (entry.ref !== ref) return; // It was asked for again since, or is no longer.
      entry.ref = undefined;
      const status = statusOf(event, i);
      if (status.code === "OK") return;
      entry.refused(new EntitySyncError(status.code || "UNKNOWN", status.message ?? "", entry.key));
      if (status.code === "RESOURCE_EXHAUSTED") this.#crowdedOut.add(entry);
    }),
  };

  #update(entry: Entry): void {
    const { maxRate } = entry.wanted;
    entry.watched = { ...entry.watched!, maxRate };
    // If it fails the entity is not watched, of which its own events tell.
    this.#wire.call("update", JSON.stringify({ ...entry.key, maxRate: maxRate ?? 0 }), () => {});
  }
}

const UNSUBSCRIBE: Batch<Entry> = {
  bodyOf: ({ key }) => JSON.stringify(key),
  answered() {},
};

// NUL is not allowed in either.
const nameOf = ({ entity, id }: Key) => `${entity}\0${id}`;

function statusOf(event: ServerEvent, i: number): { code: string; message?: string } {
  if (event.event === "error") return event;
  return (event.event === "subscribed" && event.results?.[i]) || { code: "OK" };
}
