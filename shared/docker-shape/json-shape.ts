import { SwarmError } from "../errors.ts";
import { unreachable } from "../invariant.ts";

/**
 * What a JSON value may be. As to Go, null is the same as nothing, and fields without a name here are passed over.
 * "whole": an integer; "data": bytes in Base64.
 */
export type JsonShape =
  | "text"
  | "number"
  | "whole"
  | "flag"
  | "data"
  | "anything"
  | { readonly list: JsonShape }
  /** Keys are of people's choice. */
  | { readonly map: JsonShape }
  | { readonly fields: Readonly<Record<string, JsonShape>> }
  /** Words that have a meaning; "" = nothing. */
  | { readonly words: readonly string[] };

/**
 * The part of a JSON value that its shape names, without nulls and empty words.
 * @param where the path of the value, for the sentence; "" = the body itself
 * @throws SwarmError invalidArgument for a value of another type, with its path.
 */
export function takeShape(value: unknown, shape: JsonShape, where = ""): unknown {
  if (value === null || value === undefined) return undefined;
  if (typeof shape === "string") return takePlain(value, shape, where);
  if ("list" in shape) return takeList(value, shape.list, where);
  if ("map" in shape) return takeMap(value, shape.map, where);
  if ("words" in shape) return takeWord(value, shape.words, where);
  return takeFields(value, shape.fields, where);
}

function takePlain(value: unknown, shape: Extract<JsonShape, string>, where: string): unknown {
  switch (shape) {
    case "anything":
      return value;
    case "text":
      return typeof value === "string" ? value : wrong(value, "a string", where);
    case "flag":
      return typeof value === "boolean" ? value : wrong(value, "true or false", where);
    case "number":
      return typeof value === "number" ? value : wrong(value, "a number", where);
    case "whole":
      return Number.isInteger(value) ? value : wrong(value, "a whole number", where);
    case "data":
      return typeof value === "string" && isBase64(value) ? value : wrong(value, "bytes in Base64", where);
    default:
      return unreachable(shape);
  }
}

function takeList(value: unknown, of: JsonShape, where: string): readonly unknown[] {
  if (!Array.isArray(value)) return wrong(value, "a list", where);
  return value.map((item, at) => {
    const here = `${where}[${at}]`;
    return item === null ? wrong(item, "an element", here) : takeShape(item, of, here);
  });
}

function takeMap(value: unknown, of: JsonShape, where: string): Readonly<Record<string, unknown>> {
  // Without a prototype, so that every word is a key like any other.
  const taken: Record<string, unknown> = Object.create(null);
  for (const [key, each] of Object.entries(objectOf(value, where))) {
    const found = takeShape(each, of, `${where}[${JSON.stringify(key)}]`);
    if (found !== undefined) taken[key] = found;
  }
  return taken;
}

function takeWord(value: unknown, words: readonly string[], where: string): unknown {
  if (typeof value !== "string") return wrong(value, "a string", where);
  if (value === "") return undefined;
  if (words.includes(value)) return value;
  throw invalid(`${where}: ${JSON.stringify(value)} is none of ${words.join(", ")}`);
}

function takeFields(
  value: unknown,
  fields: Readonly<Record<string, JsonShape>>,
  where: string,
): Readonly<Record<string, unknown>> {
  const taken: Record<string, unknown> = {};
  for (const [{ name, shape }, given] of fieldsIn(objectOf(value, where), fields)) {
    const found = takeShape(given, shape, where === "" ? name : `${where}.${name}`);
    if (found !== undefined) taken[name] = found;
  }
  return taken;
}

/** A field of a shape, with its place in it. */
interface Field {
  readonly name: string;
  readonly shape: JsonShape;
  readonly at: number;
}

/** By their names in lower case, the fields of each shape that was asked for: requests have few of hundreds. */
const fieldBooks = new WeakMap<object, ReadonlyMap<string, Field>>();

function fieldBook(fields: Readonly<Record<string, JsonShape>>): ReadonlyMap<string, Field> {
  let book = fieldBooks.get(fields);
  if (book === undefined) {
    book = new Map(Object.entries(fields).map(([name, shape], at) => [name.toLowerCase(), { name, shape, at }]));
    fieldBooks.set(fields, book);
  }
  return book;
}

/** The fields of a shape that an object has, in the shape's order; found as `fieldOf` finds them. */
function fieldsIn(
  object: Readonly<Record<string, unknown>>,
  fields: Readonly<Record<string, JsonShape>>,
): Iterable<readonly [field: Field, given: unknown]> {
  const book = fieldBook(fields);
  const found = new Map<number, readonly [field: Field, given: unknown]>();
  for (const key of Object.keys(object)) {
    const field = book.get(key.toLowerCase());
    if (field !== undefined && (key === field.name || !found.has(field.at))) found.set(field.at, [field, object[key]]);
  }
  if (found.size < 2) return found.values();
  return [...found.values()].sort(([a], [b]) => a.at - b.at);
}

function objectOf(value: unknown, where: string): Readonly<Record<string, unknown>> {
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  return isObject ? (value as Readonly<Record<string, unknown>>) : wrong(value, "an object", where);
}

/** A field as Go's JSON finds it: by its name, or else by its name in whatever case. */
export function fieldOf(object: Readonly<Record<string, unknown>>, name: string): unknown {
  if (Object.hasOwn(object, name)) return object[name];
  const wanted = name.toLowerCase();
  for (const key of Object.keys(object)) {
    if (key.length === name.length && key.toLowerCase() === wanted) return object[key];
  }
  return undefined;
}

function isBase64(text: string): boolean {
  return /^[A-Za-z0-9+/]*={0,2}$/.test(text) && text.length % 4 === 0;
}

function wrong(value: unknown, wanted: string, where: string): never {
  const is = value === null ? "null" : Array.isArray(value) ? "a list" : (NAMES.get(typeof value) ?? typeof value);
  throw invalid(`${where === "" ? "the body" : where} must be ${wanted}, and is ${is}`);
}

const NAMES: ReadonlyMap<string, string> = new Map([
  ["object", "an object"],
  ["string", "a string"],
  ["number", "a number"],
  ["boolean", "true or false"],
]);

function invalid(sentence: string): SwarmError {
  return new SwarmError("invalidArgument", `invalid JSON: ${sentence}`);
}

/** The value at a path such as `A.B`, as Go finds it: whatever the case of its keys. */
export function valueIn(json: unknown, path: string): unknown {
  let value = json;
  for (const key of path.split(".")) {
    if (typeof value !== "object" || value === null) return undefined;
    value = fieldOf(value as Readonly<Record<string, unknown>>, key);
  }
  return value;
}
