// A gateway and the sample application on free ports of the loopback.

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { accepting, editItem, end, freePorts, metric, run } from "./processes.js";

export class Stack {
  constructor(gateway, sample) {
    if (!gateway || !sample) throw new Error("set ENTITYSYNC_GATEWAY and ENTITYSYNC_SAMPLE");
    Object.assign(this, { gateway, sample });
    this.origins = []; // Whose pages may connect, besides the sample's.
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
      allowed_origins: [`http://127.0.0.1:${this.http}`, ...this.origins], compression: true, compression_min_bytes: 64,
    };
    await writeFile(this.config, JSON.stringify({ websocket }));
    await this.startSample();
    await this.startGateway();
  }

  async startSample() {
    this.sampleProcess = run(this.sample, [
      "--http-listen", `127.0.0.1:${this.http}`, "--service-listen", `127.0.0.1:${this.service}`,
      "--gateway", `127.0.0.1:${this.front}`, "--gateway-ws-port", `${this.websocket}`,
      "--database", join(this.folder, "sample.db"), "--items", "24", "--changes-per-second", "20",
    ]);
    await accepting(this.http, this.sampleProcess);
  }

  async startGateway() {
    this.gatewayProcess = run(this.gateway, [
      "--websocket-listen", `127.0.0.1:${this.websocket}`, "--front-listen", `127.0.0.1:${this.front}`,
      "--admin-listen", `127.0.0.1:${this.admin}`, "--fetch-target", `127.0.0.1:${this.service}`,
      "--config", this.config, "--classic-snapshot",
    ]);
    await accepting(this.websocket, this.gatewayProcess);
    await accepting(this.front, this.gatewayProcess);
  }

  /** The value of one of the gateway's metrics. */
  metric(name) {
    return metric(`127.0.0.1:${this.admin}`, name);
  }

  edit(id, name, value) {
    return editItem(this.page, id, name, value);
  }

  killGateway() {
    return end(this.gatewayProcess, "SIGKILL");
  }

  killSample() {
    return end(this.sampleProcess, "SIGKILL");
  }

  async stop() {
    await this.killGateway();
    const code = await end(this.sampleProcess, "SIGTERM");
    if (this.folder) await rm(this.folder, { recursive: true, force: true });
    if (this.sampleProcess && code !== 0) throw new Error(`the sample ended with ${code}`);
  }
}
