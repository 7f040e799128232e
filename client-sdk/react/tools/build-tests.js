// Makes build/<name>.test.js of each test: Node does not run TypeScript. Packages stay outside, but the
// client: as it is in this repository, built.

import { buildSync } from "esbuild";
import { readdirSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

rmSync(`${root}build`, { recursive: true, force: true });
buildSync({
  absWorkingDir: root,
  entryPoints: readdirSync(`${root}test`)
    .filter((name) => name.endsWith(".test.tsx"))
    .map((name) => `test/${name}`),
  outdir: "build",
  bundle: true,
  packages: "external",
  alias: { "@entity-sync/client": "../typescript/dist/index.js" },
  platform: "node",
  format: "esm",
  target: "node18",
  sourcemap: "inline",
  logLevel: "warning",
});
