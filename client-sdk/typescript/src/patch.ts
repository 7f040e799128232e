import type { Json, PatchOperation } from "./protocol.js";

/** JSON Patch (RFC 6902). Nothing that is given is changed: what the result has in common with the
 * document is shared, so that identity tells what stayed the same. */

type Members = { [name: string]: Json };
type Container = Json[] | Members;

/** The document that comes out. Throws if any operation does not apply; then none counts. */
export function applyPatch(document: Json, patch: readonly PatchOperation[]): Json {
  const draft = new Draft(document);
  for (const operation of patch) applyOperation(draft, operation);
  return draft.root;
}

function applyOperation(draft: Draft, operation: PatchOperation): void {
  const path = parsePointer(operation.path);
  const { op } = operation;
  if (op === "add") return draft.add(path, given(operation));
  if (op === "remove") return void draft.remove(path);
  if (op === "replace") return draft.replace(path, given(operation));
  if (op === "test") {
    if (!equal(draft.at(path), given(operation))) fail("a test does not hold");
    return;
  }
  const from = parsePointer(operation.from);
  if (op === "copy") return draft.add(path, draft.share(from));
  if (op !== "move") fail(`unknown operation "${op}"`);
  // Else a value would be moved into itself, which is gone by then.
  if (path.length > from.length && from.every((name, i) => name === path[i])) fail("move into itself");
  draft.add(path, draft.remove(from));
}

/** A document of which parts are changed. Each part is copied once, when it is first changed. */
class Draft {
  root: Json;
  /** The parts that were copied: nobody else sees them. */
  readonly #own = new Set<Json>();

  constructor(document: Json) {
    this.root = document;
  }

  at(path: readonly string[]): Json {
    return path.reduce(member, this.root);
  }

  /** The value there, for a second place. */
  share(path: readonly string[]): Json {
    this.#own.clear(); // What is in two places must be copied again before one of them changes.
    return this.at(path);
  }

  add(path: readonly string[], value: Json): void {
    const name = path.at(-1);
    if (name === undefined) return void (this.root = value);
    const container = this.#containerOf(path);
    if (!Array.isArray(container)) return set(container, name, value);
    const at = name === "-" ? container.length : index(name, container.length);
    container.splice(at, 0, value);
  }

  replace(path: readonly string[], value: Json): void {
    const name = path.at(-1);
    if (name === undefined) return void (this.root = value);
    const container = this.#containerOf(path);
    member(container, name);
    set(container, name, value);
  }

  remove(path: readonly string[]): Json {
    const value = this.at(path);
    const name = path.at(-1);
    if (name === undefined) this.root = null;
    else {
      const container = this.#containerOf(path);
      if (Array.isArray(container)) container.splice(Number(name), 1);
      else delete container[name];
    }
    return value;
  }

  /** What holds the last name of the path, to be changed. */
  #containerOf(path: readonly string[]): Container {
    let container = this.#owned(this.root);
    this.root = container;
    for (const name of path.slice(0, -1)) {
      const inner = this.#owned(member(container, name));
      set(container, name, inner);
      container = inner;
    }
    return container;
  }

  #owned(part: Json): Container {
    if (this.#own.has(part)) return part as Container;
    if (!isObject(part)) fail("a value has no members");
    const copy: Container = Array.isArray(part) ? part.slice() : { ...(part as Members) };
    this.#own.add(copy);
    return copy;
  }
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

function member(container: Json, name: string): Json {
  if (Array.isArray(container)) return container[index(name, container.length - 1)];
  if (!isObject(container) || !Object.hasOwn(container, name)) fail(`there is no "${name}"`);
  return (container as Members)[name]!;
}

function set(container: Container, name: string, value: Json): void {
  // Assigned, a member of the name __proto__ would be something else.
  if (name !== "__proto__") (container as Members)[name] = value;
  else Object.defineProperty(container, name, { value, configurable: true, enumerable: true, writable: true });
}

function index(name: string, last: number): number {
  const number = /^(0|[1-9]\d*)$/.test(name) ? Number(name) : -1;
  return number < 0 || number > last ? fail(`there is no index "${name}"`) : number;
}

const isObject = (value: unknown): value is Readonly<Members> =>
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
