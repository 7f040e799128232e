import type { Entity, EntityState, EntitySyncClient, Row, WatchOptions } from "@entity-sync/client";
import { useMemo, useSyncExternalStore } from "react";

import { useEntitySync } from "./context.js";
import { hold, release } from "./hold.js";

/** The type of an entity, and its id. */
export type EntityName = readonly [type: string, id: string];

/** How a component watches. */
export interface UseEntityOptions extends WatchOptions {
  /** Suspend while the state is `loading`, so that a `<Suspense>` above shows its fallback. Not for
   * rendering on a server: nothing is ever known there. */
  suspense?: boolean | undefined;
}

/** The state of an entity of which something is known. */
export type KnownState<R> = EntityState<R> & { readonly status: Exclude<EntityState["status"], "loading"> };

const LOADING: EntityState<never> = {
  status: "loading",
  rows: undefined,
  version: undefined,
  error: undefined,
};

/** The present state of an entity, while the component is shown. */
export function useEntity<R = Row>(
  type: string,
  id: string,
  options: UseEntityOptions & { suspense: true },
): KnownState<R>;
export function useEntity<R = Row>(type: string, id: string, options?: UseEntityOptions): EntityState<R>;
export function useEntity<R>(type: string, id: string, options?: UseEntityOptions): EntityState<R> {
  return useEntities<R>([[type, id]], options)[0]!;
}

/** The present states of several entities, in the order of `names`. The same array until one changes;
 * `names` may be a new array each time. */
export function useEntities<R = Row>(
  names: readonly EntityName[],
  options: UseEntityOptions & { suspense: true },
): readonly KnownState<R>[];
export function useEntities<R = Row>(
  names: readonly EntityName[],
  options?: UseEntityOptions,
): readonly EntityState<R>[];
export function useEntities<R>(
  names: readonly EntityName[],
  { maxRate, snapshot, suspense }: UseEntityOptions = {},
): readonly EntityState<R>[] {
  const client = useEntitySync();
  const text = JSON.stringify(names);
  const view = useMemo(
    () => new View<R>(client, JSON.parse(text), { maxRate, snapshot }),
    [client, text, maxRate, snapshot],
  );
  const states = useSyncExternalStore(view.subscribe, view.current, view.nothing);
  if (suspense && states.some(({ status }) => status === "loading")) throw view.known();
  return states;
}

/** Some entities as one store. */
class View<R> {
  readonly #client: EntitySyncClient;
  readonly #entities: readonly Entity<R>[];
  readonly #options: WatchOptions;
  readonly #loading: readonly EntityState<R>[];
  #states: readonly EntityState<R>[] = [];

  constructor(client: EntitySyncClient, names: readonly EntityName[], options: WatchOptions) {
    this.#client = client;
    this.#entities = names.map(([type, id]) => client.entity<R>(type, id));
    this.#options = options;
    this.#loading = names.map(() => LOADING);
  }

  readonly subscribe = (changed: () => void): (() => void) => {
    const stops = this.#entities.map((entity) => entity.subscribe(changed, this.#options));
    // After that, so that nothing known is forgotten in between.
    release(this.#client, this.#entities);
    return () => {
      for (const stop of stops) stop();
    };
  };

  readonly current = (): readonly EntityState<R>[] => {
    const states = this.#entities.map((entity) => entity.current);
    const same =
      states.length === this.#states.length && states.every((state, i) => state === this.#states[i]);
    if (!same) this.#states = states;
    return this.#states;
  };

  readonly nothing = (): readonly EntityState<R>[] => this.#loading;

  known(): Promise<void> {
    return hold(this.#client, this.#entities, this.#options);
  }
}
