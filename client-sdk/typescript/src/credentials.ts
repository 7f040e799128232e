import { EntitySyncError } from "./errors.js";
import type { Token } from "./options.js";
import type { Wire } from "./wire.js";

/** What the rest of the client does when something happens to the credential. */
export interface CredentialEvents {
  /** A credential was given that no connection has been tried with. */
  renewed(): void;
  /** The gateway took it: what was denied may be allowed now. */
  accepted(): void;
  failed(error: EntitySyncError): void;
}

/** Which credential is presented when. One that is given replaces the one before; if it is refused on
 * a live connection, nothing has changed there, and the one before counts again. */
export class Credentials {
  readonly #wire: Wire;
  readonly #events: CredentialEvents;
  #token: Token | undefined;
  #before: { token: Token | undefined } | undefined; // Until the gateway took the present one.
  #secret: string | undefined; // What the present token is for this connection.
  #acceptedHere = false; // Whether this connection has a credential already.
  #turn = 0; // Late results of calls of a token are told by it.
  #call: { resolve: () => void; reject: (error: EntitySyncError) => void } | undefined;

  constructor(token: Token | undefined, wire: Wire, events: CredentialEvents) {
    this.#token = token;
    this.#wire = wire;
    this.#events = events;
  }

  /** Whether another credential can be had without being given one. */
  get renewable(): boolean {
    return typeof this.#token === "function";
  }

  /** Gets the credential for a connection that is about to be made. */
  prepare(): Promise<void> | void {
    const turn = ++this.#turn;
    this.#secret = undefined;
    this.#acceptedHere = false;
    const token = typeof this.#token === "function" ? this.#token() : this.#token;
    const take = (secret: string | undefined) => {
      if (turn === this.#turn) this.#secret = secret;
    };
    return typeof token === "object" ? token.then(take) : take(token);
  }

  /** The connection is there. */
  opened(): void {
    // Whoever gave none, and waits for an answer, gets that to none.
    const secret = this.#secret ?? (this.#call && "");
    if (secret !== undefined) this.#present(secret);
  }

  authenticate(token: Token | undefined): Promise<void> {
    this.reject(new EntitySyncError("ABORTED", "another credential was given"));
    if (token !== undefined) {
      this.#before ??= { token: this.#token };
      this.#token = token;
    }
    const done = new Promise<void>((resolve, reject) => (this.#call = { resolve, reject }));
    done.catch(() => {}); // The error event tells those who do not look at the promise.
    if (this.#wire.open) this.#replace();
    else this.#events.renewed();
    return done;
  }

  /** Whoever waits for the credential to be taken waits in vain. */
  reject(error: EntitySyncError): void {
    this.#call?.reject(error);
    this.#call = undefined;
  }

  /** Presents the present token on the live connection. */
  async #replace(): Promise<void> {
    const turn = ++this.#turn;
    try {
      const token = typeof this.#token === "function" ? this.#token() : (this.#token ?? "");
      const secret = typeof token === "string" ? token : await token;
      if (turn === this.#turn && this.#wire.open) this.#present(secret);
    } catch (error) {
      if (turn !== this.#turn || !this.#wire.open) return; // The next connection asks again.
      const why = error instanceof Error ? error.message : error;
      this.#refused(new EntitySyncError("UNAUTHENTICATED", `there is no credential: ${why}`));
    }
  }

  #present(secret: string): void {
    const turn = this.#turn;
    const token = this.#token;
    const body = JSON.stringify({ secret });
    const unfit = this.#wire.unfit(body);
    if (unfit) return this.#refused(unfit);
    this.#wire.call("authenticate", body, (answer) => {
      const newest = turn === this.#turn;
      if (answer.event === "error") {
        if (newest) this.#refused(new EntitySyncError(answer.code || "UNKNOWN", answer.message ?? "refused"));
        return;
      }
      this.#acceptedHere = true;
      // An answer to an older one says nothing about the newest, but what to fall back on.
      this.#before = newest || !this.#before ? undefined : { token };
      if (!newest) return;
      this.#call?.resolve();
      this.#call = undefined;
      this.#events.accepted();
    });
  }

  #refused(error: EntitySyncError): void {
    const turn = this.#turn;
    const before = this.#before;
    this.#before = undefined;
    if (before) this.#token = before.token;
    this.reject(error);
    this.#events.failed(error);
    if (turn !== this.#turn) return; // Whoever heard that has given another one.
    // A new connection has not seen the one before yet.
    if (before?.token !== undefined && !this.#acceptedHere && this.#wire.open) this.#replace();
  }
}
