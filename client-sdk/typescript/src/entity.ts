import type { EntityState, WatchOptions } from "./entry.js";
import type { Key, Row } from "./protocol.js";
import type { Subscriptions } from "./subscriptions.js";

/** One entity, to be watched. Costs nothing by itself: ask for one wherever it is needed. `R` is what
 * the application's rows look like; nothing checks that they do. */
export class Entity<R = Row> implements Key, AsyncIterable<EntityState<R>> {
  readonly #subscriptions: Subscriptions;
  /** The entity type. */
  readonly entity: string;
  /** The id within the type. */
  readonly id: string;

  /** @internal Use {@link EntitySyncClient.entity}. */
  constructor(subscriptions: Subscriptions, entity: string, id: string) {
    this.#subscriptions = subscriptions;
    this.entity = entity;
    this.id = id;
  }

  /** What is known now: the same object until something changes. Known is only what somebody watches;
   * else it is `loading`. */
  get current(): EntityState<R> {
    return this.#subscriptions.current(this) as EntityState<R>;
  }

  /** Watches: `listener` gets each new state, and what is known already when this turn of the event
   * loop ends. Ends when the returned function is called. */
  subscribe(listener: (state: EntityState<R>) => void, options: WatchOptions = {}): () => void {
    return this.#watch(listener, options);
  }

  /** The states, one after the other: `for await (const state of entity.states({ maxRate: 2 }))`.
   * Whoever is slow skips those between and gets the newest. Watches from the first step on until the
   * loop is left; ends when the client is closed. */
  states(options: WatchOptions = {}): AsyncIterable<EntityState<R>> {
    return { [Symbol.asyncIterator]: () => this.#iterate(options) };
  }

  [Symbol.asyncIterator](): AsyncIterator<EntityState<R>> {
    return this.#iterate({});
  }

  #watch(listener: (state: EntityState<R>) => void, options: WatchOptions, end?: () => void) {
    const { entity, id } = this;
    return this.#subscriptions.add({ entity, id }, listener as never, options, end);
  }

  #iterate(options: WatchOptions): AsyncIterator<EntityState<R>> {
    type Result = IteratorResult<EntityState<R>, undefined>;
    let newest: EntityState<R> | undefined;
    let waiting: ((result: Result) => void)[] = [];
    let stop: (() => void) | undefined;
    let ended = false;
    const end = async (): Promise<Result> => {
      ended = true;
      newest = undefined;
      stop?.();
      for (const give of waiting) give({ done: true, value: undefined });
      waiting = [];
      return { done: true, value: undefined };
    };
    const take = (state: EntityState<R>) => {
      const give = waiting.shift();
      if (give) give({ done: false, value: state });
      else newest = state;
    };
    return {
      next: () => {
        if (!stop && !ended) stop = this.#watch(take, options, end);
        const value = newest;
        newest = undefined;
        if (value) return Promise.resolve({ done: false, value });
        if (ended) return end();
        return new Promise((give) => waiting.push(give));
      },
      return: end,
    };
  }
}
