// dist/entity-sync.js: everything in one file, for script tags and for copying.
import { buildSync } from "esbuild";
import { fileURLToPath } from "node:url";

const root = new URL("..", import.meta.url);

/** The single-file module as text, and its source map. */
export function bundle() {
  const { outputFiles } = buildSync({
    absWorkingDir: fileURLToPath(root),
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

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { mkdirSync, writeFileSync } = await import("node:fs");
  mkdirSync(new URL("dist/", root), { recursive: true });
  for (const { path, contents } of bundle()) writeFileSync(path, contents);
}
