// Plays tests/conformance/v1 with the SDK.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

import { type Vector, VectorRunner } from "./testing/vector_runner.js";

// Tests run from build/.
const folder = new URL("../../../tests/conformance/v1/", import.meta.url);

const MEMBERS = ["title", "about", "for", "options", "steps"];
const SAID = "accept welcome client client_text gateway gateway_text gateway_unordered close drop client_close app";
const STEPS = new Set(`${SAID} refuse random advance_ms environment token api observe`.split(" "));

for (const name of readdirSync(folder).filter((file) => file.endsWith(".json"))) {
  const vector: Vector = JSON.parse(readFileSync(new URL(name, folder), "utf8"));
  test(`${name} keeps to the format`, () => {
    assert.deepEqual(Object.keys(vector).filter((member) => !MEMBERS.includes(member)), []);
    assert.match(String(vector.for), /^(sdk|gateway|sdk,gateway)$/);
    assert.deepEqual(vector.steps.map((step) => Object.keys(step)[0]!).filter((kind) => !STEPS.has(kind)), []);
  });
  if (!vector.for.includes("sdk")) continue;
  test(`${name}: ${vector.title}`, () => new VectorRunner().play(vector));
}
