export { EntitySyncProvider, useConnection, useEntitySync } from "./context.js";
export {
  type EntityName,
  type KnownState,
  useEntities,
  useEntity,
  type UseEntityOptions,
} from "./use_entities.js";
