import { type Clock, systemClock } from "./clock.js";
import { type Environment, pageEnvironment } from "./environment.js";

/** A credential, or what gets one: called for each connection, and when the gateway says that the one
 * before has expired. */
export type Token = string | (() => string | Promise<string>);

/** The part of a browser's WebSocket that the SDK uses. Node's own and that of the package `ws` fit. */
export interface WebSocketLike {
  readonly protocol?: string;
  onopen: ((event: any) => void) | null;
  onmessage: ((event: any) => void) | null;
  onclose: ((event: any) => void) | null;
  onerror: ((event: any) => void) | null;
  send(text: string): void;
  close(code?: number, reason?: string): void;
}

/** See {@link connect}. */
export interface ConnectOptions {
  /** Where the gateway is. `http` and `https` stand for `ws` and `wss`; in a page it may be relative.
   * Default: `/ws/entity-sync/`. */
  url?: string;
  /** What the application recognises the viewer by. Without it the client is anonymous, or known by
   * what the handshake carries anyway (a cookie). */
  token?: Token;
  /** The constructor to use where there is no global `WebSocket` (Node before 22: that of `ws`). */
  WebSocket?: new (url: string, protocols: string[]) => WebSocketLike;
  /** How long a connection may take from the call of `token` to the gateway's welcome. Default: 10 s. */
  connectTimeoutMs?: number;
  /** How long a request may take unless it says otherwise. Default: 30 s. */
  requestTimeoutMs?: number;
  /** The most requests that may wait or be under way; beyond them `request` fails with
   * `RESOURCE_EXHAUSTED`. Default: 256. */
  maxRequests?: number;
  /** What tells about network and visibility. Default: the page's events; null: nothing. */
  environment?: Environment | null;
  /** Time; for tests. */
  clock?: Clock;
  /** Random numbers from 0 (inclusive) to 1; for tests. */
  random?: () => number;
}

/** The options with all defaults filled in. */
export interface Settings {
  url: string;
  WebSocket: new (url: string, protocols: string[]) => WebSocketLike;
  connectTimeoutMs: number;
  requestTimeoutMs: number;
  maxRequests: number;
  environment: Environment | undefined;
  clock: Clock;
  random: () => number;
}

export function settingsOf(options: ConnectOptions): Settings {
  const WebSocket = options.WebSocket ?? (globalThis as any).WebSocket;
  if (!WebSocket) {
    throw new TypeError("There is no WebSocket here: give one, for instance that of the package ws.");
  }
  return {
    url: socketUrl(options.url ?? "/ws/entity-sync/"),
    WebSocket,
    connectTimeoutMs: options.connectTimeoutMs ?? 10_000,
    requestTimeoutMs: options.requestTimeoutMs ?? 30_000,
    maxRequests: options.maxRequests ?? 256,
    environment: options.environment === undefined ? pageEnvironment() : (options.environment ?? undefined),
    clock: options.clock ?? systemClock,
    random: options.random ?? Math.random,
  };
}

function socketUrl(text: string): string {
  const url = new URL(text, (globalThis as any).location?.href);
  url.protocol = url.protocol.replace(/^http/, "ws");
  url.hash = ""; // A websocket must not have one.
  return url.href;
}
