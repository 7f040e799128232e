import { Connection, type ConnectionState } from "./connection.js";
import { Credentials } from "./credentials.js";
import { Entity } from "./entity.js";
import { EntitySyncError } from "./errors.js";
import { type ConnectOptions, settingsOf, type Token } from "./options.js";
import type { Json, Row, ServerEvent, Welcome } from "./protocol.js";
import { type RequestOptions, Requests } from "./requests.js";
import { Subscriptions } from "./subscriptions.js";
import { Wire } from "./wire.js";

/** What {@link EntitySyncClient.on} can tell. */
export interface ClientEvents {
  /** How the client stands with the gateway has changed. */
  connection: ConnectionState;
  /** Something failed that no promise and no entity tells about. If nobody listens it goes to the
   * console. */
  error: EntitySyncError;
}

/** A client of one gateway, for as long as the page or program lives: it connects by itself, and comes
 * back by itself. Made by {@link connect}. */
export class EntitySyncClient {
  readonly #connection: Connection;
  readonly #wire: Wire;
  readonly #credentials: Credentials;
  readonly #subscriptions: Subscriptions;
  readonly #requests: Requests;
  #requestsNext = false;
  readonly #listeners = { connection: new Set<never>(), error: new Set<never>() };

  /** @internal Use {@link connect}. */
  constructor(options: ConnectOptions) {
    const settings = settingsOf(options);
    const { clock, requestTimeoutMs, maxRequests } = settings;
    const failed = (error: EntitySyncError) => this.#failed(error);
    this.#wire = new Wire(clock, () => this.#cleared());
    this.#subscriptions = new Subscriptions(this.#wire);
    this.#requests = new Requests(this.#wire, clock, requestTimeoutMs, maxRequests);
    this.#credentials = new Credentials(options.token, this.#wire, {
      renewed: () => this.#connection.renew(),
      accepted: () => this.#subscriptions.retryDenied(),
      failed,
    });
    this.#connection = new Connection(settings, {
      changed: (state) => this.#changed(state),
      prepare: () => this.#credentials.prepare(),
      opened: (welcome) => this.#opened(welcome),
      received: (event) => this.#received(event),
      down: () => this.#down(),
      ping: (written) => this.#wire.call("ping", undefined, undefined, written),
      renewable: () => this.#credentials.renewable,
      failed,
    });
    this.#connection.start();
  }

  /** How the client stands with the gateway: the same object until that changes. What entities show is
   * as old as the last time it was `open`. */
  get connection(): ConnectionState {
    return this.#connection.state;
  }

  /** The entity of this type and id, to be watched. */
  entity<R = Row>(type: string, id: string): Entity<R> {
    // A number, where types are not checked, would spoil the message for all others in it.
    return new Entity<R>(this.#subscriptions, `${type}`, `${id}`);
  }

  /** Presents another credential, or with none given calls `token` again. What is watched goes on, with
   * the rights of the new one. Resolves when the gateway has taken it, on this connection or a later one;
   * rejects with `UNAUTHENTICATED` if it is refused, and then the one before counts. */
  authenticate(token?: Token): Promise<void> {
    if (this.connection.status === "closed") return Promise.reject(closedError());
    return this.#credentials.authenticate(token);
  }

  /** Hands `data` to the application and gets its replies. Waits for a connection if there is none.
   * Rejects with `UNAVAILABLE` if the connection breaks meanwhile: then nobody knows whether the
   * application got it, and it is not sent again. */
  request(data: Json, options: RequestOptions = {}): Promise<readonly Row[]> {
    return this.#requests.add(data, options);
  }

  /** Calls `listener` with each event of this kind until the returned function is called. */
  on<Kind extends keyof ClientEvents>(
    kind: Kind,
    listener: (event: ClientEvents[Kind]) => void,
  ): () => void {
    const listeners = this.#listeners[kind] as Set<typeof listener>;
    // Each call counts for itself, also with the same function.
    const own: typeof listener = (event) => listener(event);
    listeners.add(own);
    return () => void listeners.delete(own);
  }

  /** Parts with the gateway for good. Iterations end, requests fail with `CANCELLED`. */
  close(): void {
    this.#requests.end(closedError());
    this.#connection.close();
  }

  #emit<Kind extends keyof ClientEvents>(kind: Kind, event: ClientEvents[Kind]): void {
    const listeners = this.#listeners[kind] as Set<(event: ClientEvents[Kind]) => void>;
    for (const listener of [...listeners]) {
      if (!listeners.has(listener)) continue;
      // Whoever was told before has changed that: the others have been told of the newer state.
      if (kind === "connection" && event !== this.connection) return;
      try {
        listener(event);
      } catch (error) {
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }

  #failed(error: EntitySyncError): void {
    if (this.#listeners.error.size === 0) console.error(error);
    this.#emit("error", error);
  }

  #changed(state: ConnectionState): void {
    const { status, reason } = state;
    if (status === "closed") {
      this.#credentials.reject(closedError());
      this.#subscriptions.end();
    } else if (status === "refused") {
      this.#credentials.reject(new EntitySyncError("UNAUTHENTICATED", reason || "refused"));
    }
    this.#requests.end(endOf(state));
    this.#emit("connection", state);
  }

  #opened(welcome: Welcome): void {
    this.#wire.opened(this.#connection, welcome);
    this.#credentials.opened();
    this.#subscriptions.opened();
    this.#requests.opened();
    this.#requestsNext = false;
  }

  // In turns, so that neither waits for ever where the other always has something to say.
  #cleared(): void {
    if (this.#requestsNext) this.#requests.flush();
    this.#subscriptions.flush();
    this.#requests.flush();
    this.#requestsNext = !this.#requestsNext;
  }

  #down(): void {
    this.#wire.down();
    this.#subscriptions.down();
    this.#requests.down();
  }

  #received(event: ServerEvent): void {
    switch (event.event) {
      case "state":
      case "unchanged":
      case "patch":
      case "removed":
      case "stale":
        return this.#subscriptions.receive(event);
      case "unsubscribed":
        if (event.ref !== undefined) break;
        return this.#subscriptions.withdrawn(event.keys ?? [], event.code || "PERMISSION_DENIED");
    }
    // Else it answers something; events that are not known here answer nothing.
    if (this.#wire.answer(event) || event.event !== "error") return;
    this.#failed(new EntitySyncError(event.code || "UNKNOWN", event.message ?? "", event.key));
  }
}

const closedError = () => new EntitySyncError("CANCELLED", "the client is closed");

/** What requests fail with in this state, if nothing can become of them. */
function endOf({ status, reason }: ConnectionState): EntitySyncError | undefined {
  if (status === "closed") return closedError();
  if (status === "refused") return new EntitySyncError("UNAUTHENTICATED", reason || "refused");
  return undefined;
}
