import type { Json, PatchOperation } from "./protocol.js";

/** JSON Patch (RFC 6902). Nothing that is given is changed: what the result has in common with the
 * document is shared, so that identity tells what stayed the same. */

type Members = { readonly [name: string]: Json };

/** The document that comes out. Throws if any operation does not apply; then none counts. */
export function applyPatch(document: Json, patch: readonly PatchOperation[]): Json {
  return patch.reduce(applyOperation, document);
}

function applyOperation(document: Json, operation: PatchOperation): Json {
  const path = parsePointer(operation.path);
  const { op } = operation;
  if (op === "add") return add(document, path, given(operation));
  if (op === "remove") return remove(document, path);
  if (op === "replace") return change(document, path, replace(given(operation)));
  if (op === "test") {
    if (!equal(valueAt(document, path), given(operation))) fail("a test does not hold");
    return document;
  }
  const from = parsePointer(operation.from);
  const value = valueAt(document, from);
  if (op === "copy") return add(document, path, value);
  if (op !== "move") fail(`unknown operation "${op}"`);
  // Else a value would be moved into itself, which is gone by then.
  if (path.length > from.length && from.every((name, i) => name === path[i])) fail("move into itself");
  return add(remove(document, from), path, value);
}

/** The reference tokens of a JSON pointer (RFC 6901). */
function parsePointer(pointer: string | undefined): string[] {
  if (pointer === "") return [];
  if (pointer?.[0] !== "/") fail("a path has to begin with /");
  return pointer!
    .slice(1)
    .split("/")
    .map((name) => name.replace(/~[01]/g, (escape) => (escape === "~1" ? "/" : "~")));
}

function given({ value }: PatchOperation): Json {
  return value === undefined ? fail("an operation lacks its value") : value;
}

type Edit = (container: Json, name: string) => Json;

/** A copy of the document in which `edit` was done to what holds the last name of the path. */
function change(document: Json, path: readonly string[], edit: Edit, depth = 0): Json {
  // The whole document is the only member of a container that nobody else sees.
  if (path.length === 0) return (edit([document], "0") as Json[])[0] ?? null;
  const name = path[depth]!;
  if (depth === path.length - 1) return edit(document, name);
  return withMember(document, name, change(member(document, name), path, edit, depth + 1));
}

const add = (document: Json, path: readonly string[], value: Json) =>
  path.length === 0
    ? value
    : change(document, path, (container, name) => {
        if (!Array.isArray(container)) return withMember(container, name, value);
        const at = name === "-" ? container.length : index(name, container.length);
        return [...container.slice(0, at), value, ...container.slice(at)];
      });

const remove = (document: Json, path: readonly string[]) =>
  change(document, path, (container, name) => {
    member(container, name);
    if (Array.isArray(container)) return container.filter((_, i) => i !== Number(name));
    const { [name]: _, ...rest } = container as Members;
    return rest;
  });

const replace =
  (value: Json): Edit =>
  (container, name) => {
    member(container, name);
    return withMember(container, name, value);
  };

const valueAt = (document: Json, path: readonly string[]) => path.reduce(member, document);

function member(container: Json, name: string): Json {
  if (Array.isArray(container)) return container[index(name, container.length - 1)];
  if (!isObject(container) || !Object.hasOwn(container, name)) fail(`there is no "${name}"`);
  return (container as Members)[name]!;
}

function withMember(container: Json, name: string, value: Json): Json {
  if (Array.isArray(container)) return container.map((old, i) => (i === Number(name) ? value : old));
  if (!isObject(container)) fail(`there is no "${name}"`);
  // Computed names define a member of their own, also one that is called __proto__.
  return { ...(container as Members), [name]: value };
}

function index(name: string, last: number): number {
  const number = /^(0|[1-9]\d*)$/.test(name) ? Number(name) : -1;
  return number < 0 || number > last ? fail(`there is no index "${name}"`) : number;
}

const isObject = (value: unknown): value is Members =>
  typeof value === "object" && value !== null && !ArrayBuffer.isView(value);

function equal(a: Json, b: Json): boolean {
  if (a === b) return true;
  if (!isObject(a) || !isObject(b) || Array.isArray(a) !== Array.isArray(b)) return false;
  const names = Object.keys(a);
  return (
    names.length === Object.keys(b).length &&
    names.every((name) => Object.hasOwn(b, name) && equal(a[name]!, b[name]!))
  );
}

function fail(why: string): never {
  throw new Error(`the patch does not apply: ${why}`);
}
