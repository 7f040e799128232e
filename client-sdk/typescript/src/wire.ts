import type { Clock } from "./clock.js";
import type { Connection } from "./connection.js";
import { EntitySyncError } from "./errors.js";
import { type Limits, positive, type ServerEvent, type Welcome } from "./protocol.js";

/** What is not between the brackets of a message's list, generously. */
const ENVELOPE_BYTES = 64;

const DEFAULT_MESSAGE_BYTES = 64 * 1024;
const DEFAULT_SUBSCRIPTIONS_PER_MESSAGE = 1_000;

// JSON.stringify escapes only surrogates without their other half, and those are no Unicode text:
// the gateway would take the message for none of its protocol and close the connection.
const LONE_SURROGATE = /(?<!\\)(?:\\\\)*\\ud[89a-f]/;

const utf8 = new TextEncoder();

/** How many bytes a text has in UTF-8. */
export const bytesOf = (text: string): number => utf8.encode(text).length;

type Answered = (event: ServerEvent) => void;

/** How items become messages, and what becomes of them. */
export interface Batch<Item> {
  bodyOf(item: Item): string;
  answered(event: ServerEvent, items: readonly Item[], ref: number): void;
  /** These went out in one message. */
  sent?(items: readonly Item[], ref: number): void;
  /** This one cannot be sent. */
  unfit?(item: Item, why: EntitySyncError): void;
}

/** So many bytes count as one message more. */
const BYTES_PER_MESSAGE = 4 * 1024;

/** What goes out: numbers messages so that answers find their way, and keeps to the gateway's limits.
 * Messages beyond the limit per second wait here in order. They are few: neither requests nor
 * subscriptions are written before {@link clear}. */
export class Wire {
  readonly #clock: Clock;
  readonly #cleared: () => void;
  #connection: Connection | undefined;
  #ref = 0;
  #answers = new Map<number, Answered>();
  #queue: { text: string; written: (() => void) | undefined }[] = [];
  #budget = 0; // In messages; below 0 after a large one.
  #budgetAt = 0;
  #timer: unknown;
  limits: Limits = {
    messageBytes: DEFAULT_MESSAGE_BYTES,
    subscriptionsPerMessage: DEFAULT_SUBSCRIPTIONS_PER_MESSAGE,
    messagesPerSecond: 0,
  };

  /** `cleared` is called when the last message that waited has gone. */
  constructor(clock: Clock, cleared: () => void) {
    this.#clock = clock;
    this.#cleared = cleared;
  }

  opened(connection: Connection, { limits }: Welcome): void {
    this.#connection = connection;
    this.limits = {
      messageBytes: positive(limits?.messageBytes, DEFAULT_MESSAGE_BYTES),
      subscriptionsPerMessage: positive(limits?.subscriptionsPerMessage, DEFAULT_SUBSCRIPTIONS_PER_MESSAGE),
      messagesPerSecond: positive(limits?.messagesPerSecond, Infinity),
    };
    this.#budget = this.#burst;
    this.#budgetAt = this.#clock.now();
  }

  down(): void {
    this.#connection = undefined;
    this.#answers.clear();
    this.#queue = [];
    this.#clock.clearTimeout(this.#timer);
  }

  get open(): boolean {
    return this.#connection !== undefined;
  }

  /** Whether a message would go out at once. */
  get clear(): boolean {
    return this.open && this.#queue.length === 0;
  }

  /** Sends a message whose body is the JSON text `body`, which is fit to be sent: see {@link unfit}.
   * `written` is called when it is on its way. */
  call(action: string, body: string | undefined, answered?: Answered, written?: () => void): number {
    const ref = (this.#ref = (this.#ref % 0xffffffff) + 1);
    if (answered) this.#answers.set(ref, answered);
    const text = `{"action":"${action}","ref":${ref}${body === undefined ? "" : `,"body":${body}`}}`;
    this.#queue.push({ text, written });
    if (this.#queue.length === 1) this.#pump();
    return ref;
  }

  /** Calls with a list, in as few messages as the limits allow. */
  callWith<Item>(action: string, items: readonly Item[], batch: Batch<Item>): void {
    const { messageBytes, subscriptionsPerMessage } = this.limits;
    let part: Item[] = [];
    let bodies: string[] = [];
    let bytes = ENVELOPE_BYTES;
    const unfit: [Item, EntitySyncError][] = [];
    const send = () => {
      if (part.length === 0) return;
      const sent = part;
      const ref = this.call(action, `[${bodies}]`, (event) => batch.answered(event, sent, ref));
      batch.sent?.(sent, ref);
      [part, bodies, bytes] = [[], [], ENVELOPE_BYTES];
    };
    for (const item of items) {
      const body = batch.bodyOf(item);
      const size = bytesOf(body) + 1;
      const why = this.unfit(body);
      if (why) {
        unfit.push([item, why]);
        continue;
      }
      if (part.length >= subscriptionsPerMessage || bytes + size > messageBytes) send();
      part.push(item);
      bodies.push(body);
      bytes += size;
    }
    send();
    // Last, because whoever is told may do anything.
    for (const [item, why] of unfit) batch.unfit?.(item, why);
  }

  /** Why a body must not be sent, if so. */
  unfit(body: string): EntitySyncError | undefined {
    if (LONE_SURROGATE.test(body)) {
      return new EntitySyncError("INVALID_ARGUMENT", "a text is not well-formed Unicode");
    }
    if (this.open && bytesOf(body) + ENVELOPE_BYTES >= this.limits.messageBytes) {
      const limit = `the gateway takes messages of ${this.limits.messageBytes} bytes at most`;
      return new EntitySyncError("RESOURCE_EXHAUSTED", limit);
    }
    return undefined;
  }

  /** Gives an answer to whom it belongs. False: nobody takes it. */
  answer(event: ServerEvent): boolean {
    const answered = this.#answers.get(event.ref!);
    this.#answers.delete(event.ref!);
    answered?.(event);
    return answered !== undefined;
  }

  // A second's worth: full from the start, so that after a reconnect everything is said at once.
  get #burst(): number {
    return Math.max(1, this.limits.messagesPerSecond);
  }

  #pump(): void {
    const { messagesPerSecond } = this.limits;
    const now = this.#clock.now();
    const earned = ((now - this.#budgetAt) / 1_000) * messagesPerSecond || 0;
    this.#budget = Math.min(this.#burst, this.#budget + earned);
    this.#budgetAt = now;
    while (this.#queue.length > 0) {
      const { text, written } = this.#queue[0]!;
      const cost = 1 + Math.floor(bytesOf(text) / BYTES_PER_MESSAGE);
      const lacking = Math.min(cost, this.#burst) - this.#budget;
      if (lacking > 0) {
        this.#timer = this.#clock.setTimeout(() => {
          this.#pump();
          if (this.clear) this.#cleared();
        }, Math.ceil((lacking / messagesPerSecond) * 1_000));
        return;
      }
      this.#budget -= cost;
      this.#queue.shift();
      this.#connection?.send(text);
      written?.();
    }
  }
}
