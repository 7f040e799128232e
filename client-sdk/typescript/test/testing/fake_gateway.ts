import type { WebSocketLike } from "../../src/options.js";
import { SUBPROTOCOL } from "../../src/protocol.js";

/** One connection as the gateway sees it. */
export class FakeSocket implements WebSocketLike {
  onopen: ((event: any) => void) | null = null;
  onmessage: ((event: any) => void) | null = null;
  onclose: ((event: any) => void) | null = null;
  onerror: ((event: any) => void) | null = null;
  /** What the client sent and nobody looked at yet. */
  readonly frames: any[] = [];
  /** The code with which the client closed it. */
  closedWith: number | undefined;

  constructor(
    readonly url: string,
    readonly protocols: string[],
  ) {}

  send(text: string): void {
    if (this.closedWith !== undefined) throw new Error("the client sends on what it closed");
    this.frames.push(JSON.parse(text));
  }

  close(code = 1005): void {
    this.closedWith ??= code;
  }

  // --- What the gateway does.

  accept(): void {
    this.onopen?.({});
  }

  event(event: object): void {
    this.onmessage?.({ data: JSON.stringify(event) });
  }

  text(data: unknown): void {
    this.onmessage?.({ data });
  }

  end(code: number, reason = ""): void {
    this.onclose?.({ code, reason });
  }

  welcome(members: object = {}): void {
    this.event({ ...WELCOME, ...members });
  }

  /** The frames since the last look. */
  take(): any[] {
    return this.frames.splice(0);
  }
}

export const WELCOME = {
  event: "welcome",
  connection: "c1",
  protocol: SUBPROTOCOL,
  heartbeatSeconds: 25,
  limits: {
    messageBytes: 1 << 20,
    subscriptions: 10_000,
    subscriptionsPerMessage: 1_000,
    messagesPerSecond: 0,
  },
};

/** Where clients connect to. */
export class FakeGateway {
  readonly sockets: FakeSocket[] = [];
  readonly WebSocket: new (url: string, protocols: string[]) => FakeSocket;

  constructor() {
    const { sockets } = this;
    this.WebSocket = class extends FakeSocket {
      constructor(url: string, protocols: string[]) {
        super(url, protocols);
        sockets.push(this);
      }
    };
  }

  /** The newest connection. */
  get socket(): FakeSocket {
    const socket = this.sockets.at(-1);
    if (!socket) throw new Error("nobody has connected");
    return socket;
  }
}
