import type { Entity, EntitySyncClient, WatchOptions } from "@entity-sync/client";

/** A component that suspends before it was ever shown leaves nothing behind that could end a
 * subscription. So what it waits for is held here for a time: until it is shown and watches itself, or
 * has had time for that, or will perhaps never be shown. */

const WAIT_MS = 30_000;
const SHOW_MS = 5_000;

type Entities = readonly Entity<any>[];

interface Hold {
  /** Resolves when something is known of all of them, or when the hold ends. */
  readonly known: Promise<void>;
  isOver(): boolean;
  end(): void;
}

const holds = new WeakMap<EntitySyncClient, Map<string, Hold>>();

// Whoever does not want a snapshot waits longer: the two must not be one.
const nameOf = (entities: Entities, snapshot: boolean) =>
  JSON.stringify([snapshot, ...entities.map(({ entity, id }) => [entity, id])]);

/** What to wait for until something is known of all of these entities. */
export function hold(client: EntitySyncClient, entities: Entities, options: WatchOptions): Promise<void> {
  const ofClient = holds.get(client) ?? new Map<string, Hold>();
  holds.set(client, ofClient);
  const name = nameOf(entities, options.snapshot !== false);
  const found = ofClient.get(name);
  if (found && !found.isOver()) return found.known;
  found?.end(); // It was known once, and is no longer.
  const made = makeHold(entities, options, () => ofClient.delete(name));
  ofClient.set(name, made);
  return made.known;
}

function makeHold(entities: Entities, options: WatchOptions, ended: () => void): Hold {
  let resolve!: () => void;
  const known = new Promise<void>((done) => (resolve = done));
  let isOver = false;
  const look = () => {
    // However often they change, the component has that long to be shown.
    if (isOver || entities.some(({ current }) => current.status === "loading")) return;
    isOver = true;
    clearTimeout(timer);
    timer = setTimeout(end, SHOW_MS);
    resolve();
  };
  const stops = entities.map((entity) => entity.subscribe(look, options));
  const end = () => {
    isOver = true;
    clearTimeout(timer);
    ended();
    for (const stop of stops) stop();
    resolve();
  };
  let timer = setTimeout(end, WAIT_MS);
  return { known, isOver: () => isOver, end };
}

/** A component watches these entities itself now. */
export function release(client: EntitySyncClient, entities: Entities): void {
  for (const snapshot of [true, false]) holds.get(client)?.get(nameOf(entities, snapshot))?.end();
}
