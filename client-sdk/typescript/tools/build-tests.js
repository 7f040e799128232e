// Makes build/<name>.test.js of each test: Node does not run TypeScript. Packages stay outside.

import { buildSync } from "esbuild";
import { readdirSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

rmSync(`${root}build`, { recursive: true, force: true });
buildSync({
  absWorkingDir: root,
  entryPoints: readdirSync(`${root}test`)
    .filter((name) => name.endsWith(".test.ts"))
    .map((name) => `test/${name}`),
  outdir: "build",
  bundle: true,
  packages: "external",
  platform: "node",
  format: "esm",
  target: "node18",
  sourcemap: "inline",
  logLevel: "warning",
});
