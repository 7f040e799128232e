import { EntitySyncClient } from "./client.js";
import type { ConnectOptions } from "./options.js";

export type { ClientEvents, EntitySyncClient } from "./client.js";
export type { Clock } from "./clock.js";
export type { ConnectionState, ConnectionStatus } from "./connection.js";
export type { Entity } from "./entity.js";
export type { EntityState, EntityStatus, WatchOptions } from "./entry.js";
export type { Environment, EnvironmentEvent } from "./environment.js";
export { EntitySyncError } from "./errors.js";
export type { ConnectOptions, Token, WebSocketLike } from "./options.js";
export type { Json, Key, Row } from "./protocol.js";
export type { RequestOptions } from "./requests.js";

/** Connects to a gateway: `connect("wss://example.org/ws/entity-sync/")`, or with options. Returns at
 * once; the connection comes up, and comes back, by itself. */
export function connect(where: string | ConnectOptions = {}): EntitySyncClient {
  return new EntitySyncClient(typeof where === "string" ? { url: where } : where);
}
