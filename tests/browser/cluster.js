// Two gateway replicas behind haproxy, with NATS between them, as docker-compose.yml has them.

import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

import { accepting, end, freePorts, metric, run } from "./processes.js";

const deploy = (name) => fileURLToPath(new URL(`../../deploy/${name}`, import.meta.url));

// Where Debian puts servers is in no ordinary path.
function find(program) {
  const path = `${process.env.PATH}:/usr/sbin`;
  const found = spawnSync("sh", ["-c", `command -v ${program}`], { env: { PATH: path } });
  if (found.status !== 0) throw new Error(`${program} is missing: scripts/install-packages demo`);
  return found.stdout.toString().trim();
}

export class Cluster {
  constructor(gateway, sample, items) {
    Object.assign(this, { gateway, sample, items });
  }

  get page() {
    return `http://127.0.0.1:${this.client}/`;
  }

  async start() {
    [this.client, this.notify, this.http, this.service, this.nats, this.websocket, this.front,
      this.admin] = await freePorts(8);
    this.processes = { nats: run(find("nats-server"), ["-a", "127.0.0.1", "-p", `${this.nats}`]) };
    await accepting(this.nats, this.processes.nats);
    await this.#startSample();
    this.replicas = await Promise.all(["127.0.1.1", "127.0.1.2"].map((host) => this.#startReplica(host)));
    this.processes.haproxy = run(find("haproxy"), ["-W", "-db", "-f", deploy("haproxy.cfg")], {
      LISTEN_HOST: "127.0.0.1", CLIENT_PORT: this.client, NOTIFY_PORT: this.notify,
      SAMPLE: `127.0.0.1:${this.http}`, GATEWAY_1: "127.0.1.1", GATEWAY_2: "127.0.1.2",
      WEBSOCKET_PORT: this.websocket, FRONT_PORT: this.front, ADMIN_PORT: this.admin,
    });
    await accepting(this.client, this.processes.haproxy);
  }

  async #startSample() {
    this.processes.sample = run(this.sample, [
      "--http-listen", `127.0.0.1:${this.http}`, "--service-listen", `127.0.0.1:${this.service}`,
      "--gateway", `127.0.0.1:${this.notify}`, "--gateway-ws-port", "0", "--database", ":memory:",
      "--items", `${this.items}`,
    ]);
    await accepting(this.http, this.processes.sample);
  }

  async #startReplica(host) {
    const child = run(this.gateway, [`--config=${deploy("gateway.yaml")}`], {
      REPLICA_ID: `at-${host.replaceAll(".", "-")}`, LISTEN_HOST: host, WEBSOCKET_PORT: this.websocket,
      FRONT_PORT: this.front, ADMIN_PORT: this.admin, NATS_URL: `nats://127.0.0.1:${this.nats}`,
      FETCH_TARGET: `127.0.0.1:${this.service}`,
    });
    await accepting(this.websocket, child, host);
    return { child, admin: `${host}:${this.admin}` };
  }

  /** The replicas: the one that has the only page, then the other. */
  async byPage() {
    const has = await Promise.all(this.replicas.map(({ admin }) => metric(admin, "connections_v1")));
    if (has[0] + has[1] !== 1) throw new Error(`there are ${has} pages`);
    return has[0] === 1 ? this.replicas : [...this.replicas].reverse();
  }

  async stop() {
    for (const { child } of this.replicas ?? []) await end(child, "SIGKILL");
    for (const child of Object.values(this.processes ?? {})) await end(child, "SIGKILL");
  }
}
