import { EntitySyncError } from "./errors.js";
import { Liveness } from "./liveness.js";
import type { Settings, WebSocketLike } from "./options.js";
import { parseEvent, positive, type ServerEvent, SUBPROTOCOL, type Welcome } from "./protocol.js";
import { Backoff, momentOf, verdictOn } from "./reconnecting.js";

const DEFAULT_HEARTBEAT_S = 25;

/** `connecting`: an attempt is under way. `open`: the gateway has said welcome. `waiting`: for the
 * next attempt. `offline`: for a network. `refused`: for another credential, see
 * {@link EntitySyncClient.authenticate}. `closed`: for good. */
export type ConnectionStatus = "connecting" | "open" | "waiting" | "offline" | "refused" | "closed";

/** How the client stands with the gateway. Each change is a new object. */
export interface ConnectionState {
  readonly status: ConnectionStatus;
  /** The close code of the connection before, where that ended it (1006: it just broke). */
  readonly code?: number;
  /** What the gateway said about it. */
  readonly reason?: string;
  /** In `waiting`: the time until the next attempt. */
  readonly retryInMs?: number;
  /** In `open`: the gateway's name for the connection, as in its logs. */
  readonly connection?: string;
}

/** What the rest of the client does when something happens to the connection. */
export interface ConnectionEvents {
  changed(state: ConnectionState): void;
  /** Before each attempt: gets the credential; a promise if that takes time. */
  prepare(): Promise<void> | void;
  opened(welcome: Welcome): void;
  received(event: ServerEvent): void;
  /** What was under way is lost. Comes once for each `opened`. */
  down(): void;
  /** `written` is called when the ping is on its way. */
  ping(written: () => void): void;
  /** Whether there is a way to get another credential. */
  renewable(): boolean;
  failed(error: EntitySyncError): void;
}

/** One connection after the other, for as long as it makes sense. */
export class Connection {
  readonly #settings: Settings;
  readonly #events: ConnectionEvents;
  readonly #liveness: Liveness;
  readonly #backoff: Backoff;
  readonly #unwatch: (() => void) | undefined;
  #state: ConnectionState = { status: "waiting" };
  #socket: WebSocketLike | undefined;
  #attempt = 0; // Late results of earlier attempts are told by it.
  #timer: unknown; // Of the attempt, or of the wait for it.
  #leaveAt: number | undefined; // The gateway asked for a reconnect at this moment.
  #leaveTimer: unknown;
  #openedAt = 0;
  #online: boolean;

  constructor(settings: Settings, events: ConnectionEvents) {
    this.#settings = settings;
    this.#events = events;
    this.#backoff = new Backoff(settings.random);
    this.#liveness = new Liveness(
      settings.clock,
      (written) => events.ping(written),
      () => this.#ended(1006, "the gateway is silent"),
    );
    const around = settings.environment;
    this.#online = around?.online() ?? true;
    this.#unwatch = around?.watch((what) => this.#environmentChanged(what));
  }

  get state(): ConnectionState {
    return this.#state;
  }

  get open(): boolean {
    return this.#state.status === "open";
  }

  start(): void {
    if (this.#online) this.#connect();
    else this.#set({ status: "offline" });
  }

  send(text: string): void {
    this.#socket?.send(text);
  }

  /** There is a credential that was not known before. */
  renew(): void {
    const { status } = this.#state;
    if (status === "refused") this.#backoff.reset();
    if (status === "refused" || status === "connecting") {
      this.#leave();
      this.start();
    }
  }

  close(): void {
    if (this.#state.status !== "closed") this.#finish({ status: "closed" });
  }

  #set(state: ConnectionState): void {
    this.#state = state;
    this.#events.changed(state);
  }

  #finish(state: ConnectionState): void {
    this.#leave();
    this.#unwatch?.();
    this.#set(state);
  }

  #connect(): void {
    const { clock, connectTimeoutMs } = this.#settings;
    const attempt = ++this.#attempt;
    clock.clearTimeout(this.#timer);
    this.#timer = clock.setTimeout(
      () => this.#ended(1006, "the gateway did not say welcome in time"),
      connectTimeoutMs,
    );
    this.#set({ status: "connecting" });
    // Whoever listens may have ended the attempt.
    if (attempt !== this.#attempt) return;
    let prepared: Promise<void> | void;
    try {
      prepared = this.#events.prepare();
    } catch (error) {
      prepared = Promise.reject(error);
    }
    if (!prepared) return this.#openSocket(attempt);
    prepared.then(
      () => this.#openSocket(attempt),
      (error) => this.#noCredential(attempt, error),
    );
  }

  #noCredential(attempt: number, error: unknown): void {
    if (attempt !== this.#attempt) return;
    const message = `there is no credential: ${error instanceof Error ? error.message : error}`;
    this.#events.failed(new EntitySyncError("UNAUTHENTICATED", message));
    if (attempt === this.#attempt) this.#ended(1006, message);
  }

  #openSocket(attempt: number): void {
    if (attempt !== this.#attempt) return;
    const { url, WebSocket } = this.#settings;
    let socket: WebSocketLike;
    try {
      socket = new WebSocket(url, [SUBPROTOCOL]);
    } catch (error) {
      // The page may not connect there at all: trying again cannot help.
      const reason = String(error);
      this.#finish({ status: "closed", reason });
      this.#events.failed(new EntitySyncError("FAILED_PRECONDITION", reason));
      return;
    }
    this.#socket = socket;
    socket.onopen = () => {
      const { protocol = SUBPROTOCOL } = socket;
      if (protocol !== SUBPROTOCOL) this.#ended(1006, `the server does not speak ${SUBPROTOCOL}`);
    };
    socket.onmessage = ({ data }) => this.#received(data);
    socket.onclose = ({ code, reason }) => {
      this.#socket = undefined;
      this.#ended(code, reason);
    };
    socket.onerror = () => {}; // The close that follows says it all.
  }

  #received(data: unknown): void {
    this.#liveness.heard();
    try {
      const event = parseEvent(data as string);
      if (event.event === "welcome") this.#welcome(event);
      else if (!this.open) return; // It is the first of a connection.
      else if (event.event === "reconnect") this.#leaveWithin(event.afterMs);
      else this.#events.received(event);
    } catch (error) {
      const message = `an event of the gateway cannot be used: ${error}`;
      this.#events.failed(new EntitySyncError("INTERNAL", message));
    }
  }

  #welcome(welcome: Welcome): void {
    if (this.#state.status !== "connecting") return;
    const { clock } = this.#settings;
    clock.clearTimeout(this.#timer);
    this.#openedAt = clock.now();
    this.#liveness.start(1_000 * positive(welcome.heartbeatSeconds, DEFAULT_HEARTBEAT_S));
    const connection = welcome.connection ?? "";
    // What is said first is what must come first: the credential, then subscriptions.
    this.#state = { status: "open", connection };
    this.#events.opened(welcome);
    if (this.open) this.#events.changed(this.#state);
  }

  #leaveWithin(window: readonly number[] | undefined): void {
    const { clock, random } = this.#settings;
    const wait = momentOf(window, random);
    if (wait === undefined) return;
    clock.clearTimeout(this.#leaveTimer);
    this.#leaveAt = clock.now() + wait;
    this.#leaveTimer = clock.setTimeout(() => {
      this.#leave();
      this.#backoff.reset();
      this.start();
    }, wait);
  }

  /** Parts with the present socket and attempt, whatever state they are in. */
  #leave(): void {
    const { clock } = this.#settings;
    const socket = this.#socket;
    const wasOpen = this.open;
    this.#attempt++;
    this.#socket = undefined;
    this.#leaveAt = undefined;
    clock.clearTimeout(this.#timer);
    clock.clearTimeout(this.#leaveTimer);
    this.#liveness.stop();
    if (socket) {
      socket.onopen = socket.onmessage = socket.onclose = null;
      socket.close(1000);
    }
    if (wasOpen) {
      this.#state = { status: "connecting" };
      this.#events.down();
    }
  }

  /** The attempt or the connection is over, and it was not this side that wanted it. */
  #ended(code: number, reason: string): void {
    const { clock } = this.#settings;
    const leaveAt = this.#leaveAt;
    if (this.open) this.#backoff.held(clock.now() - this.#openedAt);
    this.#leave();
    let verdict = verdictOn(code);
    if (verdict === "expired") verdict = this.#events.renewable() ? "again" : "refused";
    const ending = { code, reason };
    if (verdict === "again") {
      this.#wait(ending, leaveAt);
    } else if (verdict === "refused") {
      this.#set({ status: "refused", ...ending });
      this.#events.failed(new EntitySyncError("UNAUTHENTICATED", reason || "the credential is refused"));
    } else {
      this.#finish({ status: "closed", ...ending });
      if (code !== 1000) {
        const message = reason || `the gateway closed the connection with ${code}`;
        this.#events.failed(new EntitySyncError("FAILED_PRECONDITION", message));
      }
    }
  }

  #wait(ending: { code: number; reason: string }, leaveAt: number | undefined): void {
    const { clock } = this.#settings;
    if (!this.#online) return this.#set({ status: "offline", ...ending });
    if (leaveAt !== undefined) this.#backoff.reset();
    const retryInMs = leaveAt === undefined ? this.#backoff.next() : Math.max(0, leaveAt - clock.now());
    this.#timer = clock.setTimeout(() => this.#connect(), retryInMs);
    this.#set({ status: "waiting", retryInMs, ...ending });
  }

  #environmentChanged(what: "online" | "offline" | "visible"): void {
    const { status } = this.#state;
    if (what === "offline") {
      this.#online = false;
      if (status !== "waiting") return;
      this.#settings.clock.clearTimeout(this.#timer);
      this.#set({ status: "offline" });
    } else if (what === "online") {
      this.#online = true;
      this.#backoff.reset();
      if (status === "waiting" || status === "offline") return this.#connect();
    }
    // The network may be another one, or timers may have slept: the connection is in doubt.
    if (this.open && what !== "offline") this.#liveness.check();
  }
}
