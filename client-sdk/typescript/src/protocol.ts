/** The v1 dialect in its JSON form, as proto/entitysync/client/v1/client.proto has it. Members that
 * have the default value of their type may be absent in what the gateway sends. */

/** The websocket subprotocol of this dialect. */
export const SUBPROTOCOL = "entity-sync.v1.json";

/** Any JSON value. */
export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [name: string]: Json };

/** A row as the application wrote it: the value if it is JSON, its bytes if it is not. */
export type Row = Json | Uint8Array;

/** Names an entity. */
export interface Key {
  readonly entity: string;
  readonly id: string;
}

export interface Limits {
  messageBytes: number;
  subscriptionsPerMessage: number;
  messagesPerSecond: number;
}

export interface Welcome {
  event: "welcome";
  connection?: string;
  heartbeatSeconds?: number;
  limits?: Partial<Limits>;
}

export interface Patch extends Key {
  event: "patch";
  base: string;
  version: string;
  patch: readonly PatchOperation[];
}

export interface PatchOperation {
  op: string;
  path: string;
  from?: string;
  value?: Json;
}

/** What says how an entity is now. */
export type EntityEvent =
  | (Key & { event: "state"; version: string; rows?: readonly Json[] })
  | (Key & { event: "unchanged" | "removed"; version: string })
  | (Key & { event: "stale" })
  | Patch;

export interface SubscriptionStatus extends Key {
  code: string;
  message?: string;
}

export type ServerEvent = { ref?: number } & (
  | Welcome
  | EntityEvent
  | { event: "subscribed"; results?: readonly SubscriptionStatus[] }
  | { event: "unsubscribed"; keys?: readonly Key[]; code?: string }
  | { event: "updated" | "authenticated" | "pong" }
  | { event: "reply"; replies?: readonly Json[] }
  | { event: "error"; code: string; message?: string; key?: Key }
  | { event: "reconnect"; afterMs?: readonly number[] }
);

/** Without these texts an event about an entity says nothing. */
const NEEDED = new Map([
  ["state", ["entity", "id", "version"]],
  ["unchanged", ["entity", "id", "version"]],
  ["removed", ["entity", "id", "version"]],
  ["patch", ["entity", "id", "version", "base"]],
  ["stale", ["entity", "id"]],
]);

const isText = (value: unknown) => typeof value === "string" && value !== "";

/** Reads an event; throws if it makes no sense. */
export function parseEvent(text: string): ServerEvent {
  const event = JSON.parse(text);
  if (!isText(event.event)) throw new TypeError("it has no name");
  for (const name of NEEDED.get(event.event) ?? []) {
    if (!isText(event[name])) throw new TypeError(`${event.event} without ${name}`);
  }
  if (event.event === "patch" && !Array.isArray(event.patch)) throw new TypeError("patch without patch");
  return event;
}

/** A number of the gateway that has to be above 0; anything else counts as absent. */
export const positive = (value: unknown, otherwise: number): number =>
  typeof value === "number" && value > 0 ? value : otherwise;

/** A row that is not JSON, or looks like the stand-in for one, comes as `{"$base64": ...}`. */
export function decodeRow(row: Json): Row {
  if (row === null || typeof row !== "object" || !("$base64" in row)) return row;
  const bytes = Uint8Array.from(atob(row.$base64 as string), (char) => char.charCodeAt(0));
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch {
    return bytes;
  }
}
