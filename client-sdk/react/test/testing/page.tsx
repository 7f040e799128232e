import { connect, type EntitySyncClient } from "@entity-sync/client";
import { Window } from "happy-dom";
import type { ReactNode } from "react";
import type { Root } from "react-dom/client";

import { FakeGateway } from "../../../typescript/test/testing/fake_gateway.js";
import { settle, VirtualClock } from "../../../typescript/test/testing/virtual_clock.js";
import { EntitySyncProvider } from "../../src/index.js";

const window = new Window();
const surroundings = { window, document: window.document, navigator: window.navigator };
for (const [name, value] of Object.entries({ ...surroundings, IS_REACT_ACT_ENVIRONMENT: true })) {
  // Newer versions of Node have a navigator that cannot be assigned.
  Object.defineProperty(globalThis, name, { value, configurable: true });
}

// Only now: React looks at its surroundings when it is loaded.
const { act, StrictMode, Suspense } = await import("react");
const { createRoot } = await import("react-dom/client");

/** A page with a client whose gateway is in the test's hands. */
export class Page {
  readonly clock = new VirtualClock();
  readonly gateway = new FakeGateway();
  readonly client: EntitySyncClient;
  readonly errors: unknown[] = [];
  readonly #element = document.createElement("div");
  readonly #root: Root = createRoot(this.#element, {
    onUncaughtError: (error) => this.errors.push(error),
  });

  constructor() {
    this.client = connect({
      url: "ws://gateway.example/",
      WebSocket: this.gateway.WebSocket,
      clock: this.clock,
      random: () => 0.5,
      environment: null,
    });
  }

  /** Shows this, in strict mode and with a fallback for what suspends. */
  async show(content: ReactNode): Promise<void> {
    await act(async () => {
      this.#root.render(
        <StrictMode>
          <EntitySyncProvider client={this.client}>
            <Suspense fallback="(waiting)">{content}</Suspense>
          </EntitySyncProvider>
        </StrictMode>,
      );
    });
  }

  get text(): string {
    return this.#element.textContent ?? "";
  }

  async open(): Promise<void> {
    await act(async () => {
      this.gateway.socket.accept();
      this.gateway.socket.welcome();
      await settle();
    });
  }

  async state(id: string, version: string, ...rows: unknown[]): Promise<void> {
    await this.event({ event: "state", entity: "items", id, version, rows });
  }

  async event(event: object): Promise<void> {
    await act(async () => {
      this.gateway.socket.event(event);
      await settle();
    });
  }

  async end(code: number): Promise<void> {
    await act(async () => this.gateway.socket.end(code));
  }

  /** What was sent since the last look: "subscribe 1 2". */
  async sent(): Promise<string[]> {
    await settle();
    return this.gateway.socket
      .take()
      .map(({ action, body }) => [action, ...[body].flat().map(({ id }: any) => id)].join(" "));
  }

  async leave(): Promise<void> {
    await act(async () => this.#root.unmount());
  }
}

/** Runs with timers that only `tick` moves. */
export async function withTimers(run: (tick: (ms: number) => Promise<void>) => Promise<void>) {
  const { setTimeout, clearTimeout } = globalThis;
  const clock = new VirtualClock();
  Object.assign(globalThis, {
    setTimeout: (run: () => void, ms: number) => clock.setTimeout(run, ms),
    clearTimeout: (timer: unknown) => clock.clearTimeout(timer),
  });
  try {
    await run((ms) => act(() => clock.advance(ms)));
  } finally {
    Object.assign(globalThis, { setTimeout, clearTimeout });
  }
}
