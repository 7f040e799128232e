// Starts and ends the processes that the pages need.

import { spawn } from "node:child_process";
import { once } from "node:events";
import net from "node:net";

export const timeoutMs = 30_000;

/** Waits until the condition, which may be asynchronous, holds. Not page.waitForFunction: the page's
 * content security policy forbids what that does. */
export async function eventually(condition, what) {
  const until = Date.now() + timeoutMs;
  while (!(await condition())) {
    if (Date.now() > until) throw new Error(`never happened: ${what}`);
    await new Promise((done) => setTimeout(done, 20));
  }
}

/** Ports that are free now: all held open together, so that they differ. From a range that neither the
 * system nor other tests give away, so that they stay free while a server is away. */
export async function freePorts(count) {
  const servers = [];
  while (servers.length < count) {
    const server = net.createServer().listen(10_000 + Math.floor(Math.random() * 2_000), "127.0.0.1");
    try {
      await once(server, "listening");
      servers.push(server);
    } catch (error) {
      if (error.code !== "EADDRINUSE") throw error;
    }
  }
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
  return ports;
}

/** Waits until somebody accepts connections there, or the process ends. */
export async function accepting(port, child, host = "127.0.0.1") {
  await eventually(async () => {
    if (child.exitCode !== null) throw new Error(`${child.spawnfile} ended with ${child.exitCode}`);
    return new Promise((done) => {
      const socket = net.connect(port, host);
      socket.once("connect", () => (socket.destroy(), done(true)));
      socket.once("error", () => done(false));
    });
  }, `${child.spawnfile} listens on port ${port}`);
}

export function run(program, args, environment = {}) {
  return spawn(program, args,
    { stdio: ["ignore", "inherit", "inherit"], env: { ...process.env, ...environment } });
}

/** Ends the process if it runs; answers its exit code. */
export async function end(child, signal) {
  if (!child) return undefined;
  if (child.exitCode === null && child.signalCode === null) {
    child.kill(signal);
    await once(child, "exit");
  }
  return child.exitCode;
}

/** Edits an order as a page of the sample at `url` would. */
export async function editItem(url, id, field, value) {
  const response = await fetch(`${url}api/items/${id}`, {
    method: "POST",
    headers: { "Content-Type": "application/json", Authorization: "Bearer worker-demo" },
    body: JSON.stringify({ field, value }),
  });
  if (!response.ok) throw new Error(await response.text());
}

/** The value of one of a gateway's metrics. */
export async function metric(admin, name) {
  const page = await (await fetch(`http://${admin}/metrics`)).text();
  const line = page.split("\n").find((each) => each.startsWith(`entitysync_${name} `));
  return Number(line.split(" ")[1]);
}
