/** Which keys JSON answers have, and of which types their values are: what programs rely on. */

export type JsonType = "null" | "array" | "object" | "string" | "number" | "boolean";

/** By the path of a key, the types that were seen there. `[]` stands for any item of an array. */
export type Shape = ReadonlyMap<string, ReadonlySet<JsonType>>;

/** What all answers to one operation had. */
export class ShapeBook {
  readonly #shapes = new Map<string, Map<string, Set<JsonType>>>();

  note(operation: string, value: unknown): void {
    const shape = this.#shapes.get(operation) ?? new Map<string, Set<JsonType>>();
    this.#shapes.set(operation, shape);
    walk(value, "", shape);
  }

  get operations(): readonly string[] {
    return [...this.#shapes.keys()];
  }

  of(operation: string): Shape | null {
    return this.#shapes.get(operation) ?? null;
  }
}

function walk(value: unknown, path: string, shape: Map<string, Set<JsonType>>): void {
  const types = shape.get(path) ?? new Set<JsonType>();
  shape.set(path, types.add(typeOf(value)));
  if (Array.isArray(value)) {
    for (const item of value) walk(item, `${path}[]`, shape);
  } else if (typeof value === "object" && value !== null) {
    for (const [key, inner] of Object.entries(value))
      walk(inner, path === "" ? plain(key) : `${path}.${plain(key)}`, shape);
  }
}

/** Maps have ids, digests, names and ports as keys. */
function plain(key: string): string {
  return key.replaceAll(/\b(?:[0-9a-f]{12,64}|(?=[a-z]*\d)[0-9a-z]{25})\b/g, "ID");
}

function typeOf(value: unknown): JsonType {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  const type = typeof value;
  return type === "object" || type === "string" || type === "number" || type === "boolean" ? type : "null";
}

/** A sentence for each key that one has and the other has not, or has with other types. */
export function shapeDifferences(theirs: Shape, ours: Shape): readonly string[] {
  const found: string[] = [];
  for (const path of [...new Set([...theirs.keys(), ...ours.keys()])].toSorted()) {
    const [there, here] = [theirs.get(path), ours.get(path)];
    // Below a key that one lacks, or has empty, there is nothing to say.
    if (!comparable(theirs, path) || !comparable(ours, path)) continue;
    if (there === undefined) found.push(`${path} added`);
    else if (here === undefined) found.push(`${path} missing`);
    else if (!isSame(there, here)) found.push(`${path} ${words(there)}, here ${words(here)}`);
  }
  return found;
}

/** Whether the object or list that holds a key was seen with something in it. */
function comparable(shape: Shape, path: string): boolean {
  const parent = path.endsWith("[]") ? null : /^(.*)\.[^.]*$/.exec(path)?.[1];
  if (parent === null) return shape.has(path);
  return parent === undefined ? true : shape.get(parent)?.has("object") === true;
}

/** Of what is nothing now and then, one may only have been seen as nothing. */
function isSame(there: ReadonlySet<JsonType>, here: ReadonlySet<JsonType>): boolean {
  const isNothing = there.has("null") && here.has("null") && Math.min(there.size, here.size) === 1;
  return isNothing || words(there) === words(here);
}

function words(types: ReadonlySet<JsonType>): string {
  return [...types].toSorted().join("|");
}
