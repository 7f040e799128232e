// Starts and stops a gateway and the sample application on free ports of the loopback.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

const timeoutMs = 30_000;

/** Ports that are free now: all held open together, so that they differ. */
async function freePorts(count) {
  const servers = await Promise.all(Array.from({ length: count }, async () => {
    const server = net.createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    return server;
  }));
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
  return ports;
}

/** Waits until somebody accepts connections on the port, or the process ends. */
async function accepting(port, child) {
  const until = Date.now() + timeoutMs;
  while (Date.now() < until) {
    if (child.exitCode !== null) throw new Error(`${child.spawnfile} ended with ${child.exitCode}`);
    const accepted = await new Promise((done) => {
      const socket = net.connect(port, "127.0.0.1");
      socket.once("connect", () => (socket.destroy(), done(true)));
      socket.once("error", () => done(false));
    });
    if (accepted) return;
    await new Promise((done) => setTimeout(done, 20));
  }
  throw new Error(`${child.spawnfile} does not listen on port ${port}`);
}

export class Stack {
  constructor(gateway, sample) {
    if (!gateway || !sample) throw new Error("set ENTITYSYNC_GATEWAY and ENTITYSYNC_SAMPLE");
    Object.assign(this, { gateway, sample });
  }

  get page() {
    return `http://127.0.0.1:${this.http}/`;
  }

  async start() {
    [this.http, this.service, this.websocket, this.front, this.admin] = await freePorts(5);
    this.folder = await mkdtemp(join(tmpdir(), "entity-sync-browser-"));
    // The page's port is another origin than the gateway's.
    this.config = join(this.folder, "gateway.yaml");
    const websocket = {
      allowed_origins: [`http://127.0.0.1:${this.http}`], compression: true, compression_min_bytes: 64,
    };
    await writeFile(this.config, JSON.stringify({ websocket }));
    this.sampleProcess = this.#run(this.sample, [
      "--http-listen", `127.0.0.1:${this.http}`, "--service-listen", `127.0.0.1:${this.service}`,
      "--gateway", `127.0.0.1:${this.front}`, "--gateway-ws-port", `${this.websocket}`,
      "--database", ":memory:", "--items", "24", "--changes-per-second", "20",
    ]);
    await accepting(this.http, this.sampleProcess);
    await this.startGateway();
  }

  async startGateway() {
    this.gatewayProcess = this.#run(this.gateway, [
      "--websocket-listen", `127.0.0.1:${this.websocket}`, "--front-listen", `127.0.0.1:${this.front}`,
      "--admin-listen", `127.0.0.1:${this.admin}`, "--fetch-target", `127.0.0.1:${this.service}`,
      "--config", this.config, "--classic-snapshot",
    ]);
    await accepting(this.websocket, this.gatewayProcess);
    await accepting(this.front, this.gatewayProcess);
  }

  /** The value of one of the gateway's metrics. */
  async metric(name) {
    const page = await (await fetch(`http://127.0.0.1:${this.admin}/metrics`)).text();
    const line = page.split("\n").find((each) => each.startsWith(`entitysync_${name} `));
    return Number(line.split(" ")[1]);
  }

  async killGateway() {
    await this.#end(this.gatewayProcess, "SIGKILL");
  }

  async stop() {
    await this.#end(this.gatewayProcess, "SIGKILL");
    const code = await this.#end(this.sampleProcess, "SIGTERM");
    if (this.folder) await rm(this.folder, { recursive: true, force: true });
    if (this.sampleProcess && code !== 0) throw new Error(`the sample ended with ${code}`);
  }

  #run(program, args) {
    return spawn(program, args, { stdio: ["ignore", "inherit", "inherit"] });
  }

  async #end(child, signal) {
    if (!child) return undefined;
    if (child.exitCode === null && child.signalCode === null) {
      child.kill(signal);
      await once(child, "exit");
    }
    return child.exitCode;
  }
}
