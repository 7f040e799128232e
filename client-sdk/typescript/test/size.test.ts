import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { gzipSync } from "node:zlib";

// @ts-expect-error It is a tool without types.
import { bundle } from "../tools/bundle.js";

const MAX_BYTES = 8 * 1024;

test("the single-file module stays small", () => {
  const { contents } = bundle().find(({ path }: { path: string }) => path.endsWith(".js"));
  const bytes = gzipSync(contents, { level: 9 }).length;
  console.log(`entity-sync.js: ${contents.length} bytes, ${bytes} with gzip`);
  assert.ok(bytes < MAX_BYTES, `${bytes} bytes; the limit is ${MAX_BYTES}`);
});

test("nothing is needed at run time", () => {
  const { dependencies, peerDependencies } = JSON.parse(readFileSync("package.json", "utf8"));
  assert.deepEqual([dependencies, peerDependencies], [undefined, undefined]);
});
