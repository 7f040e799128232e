// Real sockets: what the fake takes for granted of WebSocket.

import assert from "node:assert/strict";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { test } from "node:test";

import { WebSocket, WebSocketServer } from "ws";

import { connect } from "../src/index.js";
import { WELCOME } from "./testing/fake_gateway.js";

test("over a real websocket", async () => {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const client = connect({ url: `http://127.0.0.1:${port}/`, WebSocket, random: () => 0 });
  const states = client.entity<{ n: number }>("items", "1")[Symbol.asyncIterator]();
  const first = states.next();
  const [socket] = (await once(server, "connection")) as [WebSocket];
  assert.equal(socket.protocol, "entity-sync.v1.json");
  socket.send(JSON.stringify(WELCOME));
  const [message, isBinary] = await once(socket, "message");
  assert.equal(isBinary, false);
  const { ref } = JSON.parse(String(message));
  const key = { entity: "items", id: "1" };
  socket.send(JSON.stringify({ event: "subscribed", ref, results: [{ ...key, code: "OK" }] }));
  socket.send(JSON.stringify({ event: "state", ...key, version: "1.a", rows: [{ n: 1 }] }));
  assert.equal((await first).value!.rows![0]!.n, 1);

  const again = once(server, "connection");
  socket.terminate();
  const [second] = (await again) as [WebSocket];
  second.send(JSON.stringify(WELCOME));
  const [resumed] = await once(second, "message");
  assert.equal(JSON.parse(String(resumed)).body[0].known, "1.a");

  const closed = once(second, "close");
  client.close();
  assert.equal((await closed)[0], 1000);
  server.close();
  await once(server, "close");
});
