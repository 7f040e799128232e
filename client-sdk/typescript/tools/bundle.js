// Everything in one file, for script tags and for copying.

import { buildSync } from "esbuild";
import { fileURLToPath } from "node:url";

/** The single-file module and its source map, not written yet. Both tools/ and build/ lie in the
 * package's folder. */
export function bundle() {
  const { outputFiles } = buildSync({
    absWorkingDir: fileURLToPath(new URL("..", import.meta.url)),
    entryPoints: ["src/index.ts"],
    outfile: "dist/entity-sync.js",
    bundle: true,
    minify: true,
    sourcemap: true,
    format: "esm",
    target: "es2022",
    banner: { js: "/*! Entity Sync client, Apache-2.0 */" },
    write: false,
  });
  return outputFiles;
}
