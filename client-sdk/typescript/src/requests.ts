import type { Clock } from "./clock.js";
import { EntitySyncError } from "./errors.js";
import { decodeRow, type Json, type Row, type ServerEvent } from "./protocol.js";
import type { Wire } from "./wire.js";

/** See {@link EntitySyncClient.request}. */
export interface RequestOptions {
  /** Gives the request up; the application may see it all the same. */
  signal?: AbortSignal | undefined;
  /** Fails with `DEADLINE_EXCEEDED` after so long. Default: `requestTimeoutMs` of the client. */
  timeoutMs?: number | undefined;
}

interface Request {
  body: string;
  sent: boolean;
  settle(outcome: readonly Row[] | unknown, failed: boolean): void;
}

/** Messages to the application that wait for a connection or for their answer. */
export class Requests {
  readonly #wire: Wire;
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #max: number;
  readonly #requests = new Set<Request>();
  #open = false; // What must be said before has been said.
  #end: EntitySyncError | undefined;

  constructor(wire: Wire, clock: Clock, timeoutMs: number, max: number) {
    this.#wire = wire;
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
    this.#max = max;
  }

  add(data: Json, { signal, timeoutMs = this.#timeoutMs }: RequestOptions): Promise<readonly Row[]> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      if (this.#end) return reject(this.#end);
      if (this.#requests.size >= this.#max) {
        return reject(new EntitySyncError("RESOURCE_EXHAUSTED", `${this.#max} requests wait already`));
      }
      const settle = (outcome: any, failed: boolean) => {
        if (!this.#requests.delete(request)) return;
        this.#clock.clearTimeout(timer);
        signal?.removeEventListener("abort", abort);
        (failed ? reject : resolve)(outcome);
      };
      const request: Request = { body: JSON.stringify(data) ?? "null", sent: false, settle };
      const abort = () => settle(signal!.reason, true);
      const timer = this.#clock.setTimeout(() => {
        const message = `no answer within ${timeoutMs} ms`;
        settle(new EntitySyncError("DEADLINE_EXCEEDED", message), true);
      }, timeoutMs);
      signal?.addEventListener("abort", abort);
      this.#requests.add(request);
      this.flush();
    });
  }

  opened(): void {
    this.#open = this.#wire.open; // Whoever was told anything meanwhile may have closed the client.
    this.flush();
  }

  /** Sends those that wait, in order, as far as there is room. */
  flush(): void {
    if (!this.#open) return;
    for (const request of this.#requests) {
      if (!this.#wire.clear) return; // Comes back when it is.
      if (!request.sent) this.#send(request);
    }
  }

  /** Nobody knows what became of those under way, so they are not sent again. */
  down(): void {
    this.#open = false;
    for (const request of this.#requests) {
      if (!request.sent) continue;
      const message = "the connection broke; perhaps the application got the request";
      request.settle(new EntitySyncError("UNAVAILABLE", message), true);
    }
  }

  /** From here on all fail like that; undefined: no longer. */
  end(error: EntitySyncError | undefined): void {
    this.#end = error;
    if (error) for (const request of this.#requests) request.settle(error, true);
  }

  #send(request: Request): void {
    const unfit = this.#wire.unfit(request.body);
    if (unfit) return request.settle(unfit, true);
    request.sent = true;
    this.#wire.call("message", request.body, (event) => request.settle(...outcomeOf(event)));
  }
}

function outcomeOf(event: ServerEvent): [outcome: unknown, failed: boolean] {
  if (event.event === "reply") return [(event.replies ?? []).map(decodeRow), false];
  const { code, message } = event.event === "error" ? event : { code: "INTERNAL", message: "no reply" };
  return [new EntitySyncError(code || "UNKNOWN", message ?? ""), true];
}
