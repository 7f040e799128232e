import type { Entity, EntitySyncClient, WatchOptions } from "@entity-sync/client";

/** A component that suspends before it was ever shown leaves nothing behind that could end a
 * subscription. So what it waits for is held here for a time: until it is shown and watches itself, or
 * has had time for that, or will perhaps never be shown. */

const WAIT_MS = 30_000;
const SHOW_MS = 5_000;

interface Hold {
  /** Resolves when something is known, or when the hold ends. */
  readonly known: Promise<void>;
  end(): void;
}

const holds = new WeakMap<EntitySyncClient, Map<string, Hold>>();

// Whoever does not want a snapshot waits longer: the two must not be one.
const nameOf = ({ entity, id }: Entity<unknown>, snapshot: boolean) => `${entity}\0${id}\0${snapshot}`;

/** What to wait for until something is known of the entity. */
export function hold(
  client: EntitySyncClient,
  entity: Entity<unknown>,
  options: WatchOptions,
): Promise<void> {
  const ofClient = holds.get(client) ?? new Map<string, Hold>();
  holds.set(client, ofClient);
  const name = nameOf(entity, options.snapshot !== false);
  const found = ofClient.get(name);
  if (found) return found.known;
  let resolve!: () => void;
  const known = new Promise<void>((done) => (resolve = done));
  let isKnown = false;
  const stop = entity.subscribe(() => {
    if (isKnown) return; // However often it changes, the component has that long to be shown.
    isKnown = true;
    clearTimeout(timer);
    timer = setTimeout(end, SHOW_MS);
    resolve();
  }, options);
  const end = () => {
    clearTimeout(timer);
    ofClient.delete(name);
    stop();
    resolve();
  };
  let timer = setTimeout(end, WAIT_MS);
  ofClient.set(name, { known, end });
  return known;
}

/** A component watches the entity itself now. */
export function release(client: EntitySyncClient, entity: Entity<unknown>): void {
  for (const snapshot of [true, false]) holds.get(client)?.get(nameOf(entity, snapshot))?.end();
}
