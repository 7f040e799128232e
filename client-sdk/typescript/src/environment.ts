/** What is around the client: whether there is a network, whether somebody looks. Made for pages;
 * apps on other platforms may give their own. */
export interface Environment {
  /** False only if it is certain that there is no network. */
  online(): boolean;
  /** Calls `changed` until the returned function is called. */
  watch(changed: (what: EnvironmentEvent) => void): () => void;
}

/** `visible`: somebody looks again after nobody did. */
export type EnvironmentEvent = "online" | "offline" | "visible";

/** That of a browser; undefined where there is none. */
export function pageEnvironment(): Environment | undefined {
  if (typeof addEventListener !== "function" || typeof document === "undefined") return undefined;
  return {
    online: () => navigator.onLine !== false,
    watch(changed) {
      const listen = (event: Event) => {
        if (event.type !== "visibilitychange") changed(event.type as EnvironmentEvent);
        else if (document.visibilityState === "visible") changed("visible");
      };
      const stop = new AbortController();
      addEventListener("online", listen, stop);
      addEventListener("offline", listen, stop);
      document.addEventListener("visibilitychange", listen, stop);
      return () => stop.abort();
    },
  };
}
