// Plays tests/conformance/v1 with the SDK.

import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

import { type Vector, VectorRunner } from "./testing/vector_runner.js";

// Tests run from build/.
const folder = new URL("../../../tests/conformance/v1/", import.meta.url);

for (const name of readdirSync(folder).filter((file) => file.endsWith(".json"))) {
  const vector: Vector = JSON.parse(readFileSync(new URL(name, folder), "utf8"));
  if (!vector.for.includes("sdk")) continue;
  test(`${name}: ${vector.title}`, () => new VectorRunner().play(vector));
}
