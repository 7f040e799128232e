import assert from "node:assert/strict";
import { test } from "node:test";

import fastJsonPatch from "fast-json-patch";

import { applyPatch } from "../src/patch.js";
import { randomChange, randomJson, seeded } from "./testing/bench.js";

const clone = <T>(value: T): T => JSON.parse(JSON.stringify(value));

test("any change that another library writes down as a patch can be followed", () => {
  const random = seeded(1);
  let operations = 0;
  for (let run = 0; run < 5_000; run++) {
    const before = [randomJson(random), randomJson(random)];
    const after = randomChange(random, before);
    if (!Array.isArray(after)) continue;
    const patch = fastJsonPatch.compare(before, after);
    const frozen = clone(before);
    assert.deepEqual(applyPatch(before, patch as any), after, JSON.stringify({ before, patch }));
    assert.deepEqual(before, frozen, "the base was changed");
    operations += patch.length;
  }
  assert.ok(operations > 5_000, `only ${operations} operations were tried`);
});

test("a patch for another document gives what RFC 6902 says, or nothing", () => {
  const random = seeded(2);
  const counts = { same: 0, refused: 0 };
  for (let run = 0; run < 5_000; run++) {
    const base = [randomJson(random)];
    const patch = fastJsonPatch.compare(base, [randomChange(random, base[0])]) as any[];
    const other = [randomChange(random, base[0])];
    let ours: unknown;
    try {
      ours = applyPatch(other, patch);
    } catch {
      counts.refused++;
      continue;
    }
    const theirs = fastJsonPatch.applyPatch(clone(other), clone(patch), true).newDocument;
    assert.deepEqual(clone(ours), clone(theirs), JSON.stringify({ other, patch }));
    counts.same++;
  }
  assert.ok(counts.same > 100 && counts.refused > 100, JSON.stringify(counts));
});

test("many operations on a large document take time in proportion", { timeout: 20_000 }, () => {
  const list = Array.from({ length: 200_000 }, (_, i) => i);
  const members = Object.fromEntries(list.slice(0, 20_000).map((i) => [`m${i}`, i]));
  const operations = list.slice(0, 20_000).flatMap((i) => [
    { op: "replace", path: `/0/${i}`, value: -1 },
    { op: "replace", path: `/1/m${i}`, value: -1 },
  ]);
  const [first, second] = applyPatch([list, members], operations) as any;
  assert.equal(first.filter((value: number) => value === -1).length, 20_000);
  assert.ok(Object.values(second).every((value) => value === -1));
});

test("what was copied to a second place changes in one only", () => {
  const copied = applyPatch([{ a: { n: 1 } }], [
    { op: "replace", path: "/0/a/n", value: 2 },
    { op: "copy", from: "/0/a", path: "/0/b" },
    { op: "replace", path: "/0/a/n", value: 3 },
    { op: "add", path: "/0/b/m", value: 4 },
  ]);
  assert.deepEqual(copied, [{ a: { n: 3 }, b: { n: 2, m: 4 } }]);
});

test("a value of a patch is not changed by what follows it", () => {
  const value = { n: 1 };
  const patch = [{ op: "add", path: "/0", value }, { op: "replace", path: "/0/n", value: 2 }];
  assert.deepEqual(applyPatch([], patch), [{ n: 2 }]);
  assert.deepEqual(value, { n: 1 });
});

test("what stayed the same stays the same object", () => {
  const base = [{ a: { x: 1 }, b: { y: 1 } }, { c: 1 }];
  const [first, second] = applyPatch(base, [{ op: "replace", path: "/0/a/x", value: 2 }]) as typeof base;
  assert.notEqual(first, base[0]);
  assert.equal(first!.b, base[0]!.b);
  assert.equal(second, base[1]);
});

test("the whole document may be replaced, or added over", () => {
  assert.deepEqual(applyPatch([1], [{ op: "replace", path: "", value: [2] }]), [2]);
  assert.deepEqual(applyPatch([1], [{ op: "add", path: "", value: [2] }]), [2]);
  assert.deepEqual(applyPatch([1], [{ op: "copy", from: "/0", path: "" }]), 1);
});

test("a member that is called __proto__ is a member", () => {
  const patched = applyPatch([{}], [{ op: "add", path: "/0/__proto__", value: { evil: true } }]) as any[];
  assert.equal(Object.getPrototypeOf(patched[0]), Object.prototype);
  assert.equal(JSON.stringify(patched), '[{"__proto__":{"evil":true}}]');
  assert.equal(({} as any).evil, undefined);
  const removed = applyPatch(patched, [{ op: "remove", path: "/0/__proto__" }]);
  assert.equal(JSON.stringify(removed), "[{}]");
  assert.throws(() => applyPatch([{}], [{ op: "add", path: "/0/__proto__/evil", value: true }]));
});

const REFUSED: [why: string, operation: object][] = [
  ["an index beyond the end", { op: "add", path: "/4", value: 1 }],
  ["an index with a leading zero", { op: "replace", path: "/00", value: 1 }],
  ["an index that is none", { op: "remove", path: "/-1" }],
  ["the end of a list, which holds nothing", { op: "remove", path: "/-" }],
  ["the end of a list, replaced", { op: "replace", path: "/3", value: 1 }],
  ["the length of a list", { op: "replace", path: "/length", value: 0 }],
  ["a member that is not there", { op: "replace", path: "/0/b", value: 1 }],
  ["a member that only its prototype has", { op: "test", path: "/0/toString", value: 1 }],
  ["a path through what is not there", { op: "add", path: "/0/b/c", value: 1 }],
  ["a member of a text", { op: "add", path: "/1/x", value: 1 }],
  ["a path that does not begin with /", { op: "add", path: "0", value: 1 }],
  ["no path", { op: "add", value: 1 }],
  ["no value", { op: "add", path: "/0/b" }],
  ["no from", { op: "copy", path: "/0/b" }],
  ["a move into itself", { op: "move", from: "/1", path: "/1/a" }],
  ["an unknown operation", { op: "increment", path: "/0/a", from: "/0/a", value: 1 }],
  ["a test of another type", { op: "test", path: "/0/a", value: "1" }],
  ["a test of a list against an object", { op: "test", path: "/0/list", value: {} }],
  ["a test of more members", { op: "test", path: "/0", value: { a: 1, list: [], b: 1 } }],
];

for (const [why, operation] of REFUSED) {
  test(`does not apply: ${why}`, () => {
    assert.throws(() => applyPatch([{ a: 1, list: [] }, "text", {}], [operation as any]), /does not apply/);
  });
}
