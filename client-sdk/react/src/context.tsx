import type { ConnectionState, EntitySyncClient } from "@entity-sync/client";
import { createContext, type ReactNode, useCallback, useContext, useSyncExternalStore } from "react";

const Context = createContext<EntitySyncClient | undefined>(undefined);

/** Gives the client to all components below. The client is the caller's: made once outside of
 * components, and closed by whoever made it. */
export function EntitySyncProvider(props: { client: EntitySyncClient; children?: ReactNode }) {
  return <Context.Provider value={props.client}>{props.children}</Context.Provider>;
}

/** The client of the provider above. */
export function useEntitySync(): EntitySyncClient {
  const client = useContext(Context);
  if (!client) throw new Error("There is no <EntitySyncProvider client={...}> above this component.");
  return client;
}

const CONNECTING: ConnectionState = { status: "connecting" };

/** How the client stands with the gateway: for saying so where what is shown may be old. */
export function useConnection(): ConnectionState {
  const client = useEntitySync();
  const subscribe = useCallback((changed: () => void) => client.on("connection", changed), [client]);
  return useSyncExternalStore(subscribe, () => client.connection, () => CONNECTING);
}
