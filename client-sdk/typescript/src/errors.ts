import type { Key } from "./protocol.js";

/** What went wrong, with the name of a gRPC status code that says what can be done about it:
 * `UNAVAILABLE` (try again later), `UNAUTHENTICATED` (present another credential),
 * `PERMISSION_DENIED`, `INVALID_ARGUMENT`, `NOT_FOUND`, `RESOURCE_EXHAUSTED` (ask for less),
 * `DEADLINE_EXCEEDED`, `CANCELLED`, ... */
export class EntitySyncError extends Error {
  override readonly name = "EntitySyncError";

  constructor(
    /** The name of a gRPC status code. */
    readonly code: string,
    message: string,
    /** The entity it concerns, if it is about one. */
    readonly key?: Key,
  ) {
    super(message);
  }
}
