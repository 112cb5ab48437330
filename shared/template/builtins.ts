import { printf } from "./printf.ts";
import { goText, isMap, isTrue } from "./values.ts";

/** A template function. What it throws becomes part of the message about the action that calls it. */
export type TemplateFunction = (...args: readonly unknown[]) => unknown;
export type TemplateFunctions = ReadonlyMap<string, TemplateFunction>;

/**
 * They do not evaluate what follows the deciding value, so that `and .A .A.B` is safe: evaluate.ts treats them
 * specially.
 */
export const LAZY_FUNCTIONS: readonly string[] = ["and", "or"];

/** Go's other functions that every template has. */
export const BUILTINS: TemplateFunctions = new Map<string, TemplateFunction>([
  ["not", (...args) => !isTrue(only("not", args))],
  ["len", (...args) => lengthOf(only("len", args))],
  ["index", (collection, ...keys) => keys.reduce(elementAt, collection)],
  ["slice", (list, from, to) => sliceOf(list, from, to)],
  ["print", (...args) => printed(args)],
  ["println", (...args) => `${args.map(goText).join(" ")}\n`],
  ["printf", (format, ...args) => printf(textOf("printf", format), args)],
  ["eq", (first, ...others) => others.some((other) => isEqual(first, other))],
  ["ne", (one, other) => !isEqual(one, other)],
  ["lt", (one, other) => order(one, other) < 0],
  ["le", (one, other) => order(one, other) <= 0],
  ["gt", (one, other) => order(one, other) > 0],
  ["ge", (one, other) => order(one, other) >= 0],
]);

/** An argument that must be a string. @throws Error. */
export function textOf(name: string, value: unknown): string {
  if (typeof value !== "string") throw new Error(`${name} wants a text and got ${goText(value)}`);
  return value;
}

/** An argument that must be a list of strings; a missing one counts as empty. @throws Error. */
export function textsOf(name: string, value: unknown): readonly string[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw new Error(`${name} wants a list and got ${goText(value)}`);
  return value.map((each) => textOf(name, each));
}

/** An argument that must be a whole number, at least 0. @throws Error. */
export function countOf(name: string, value: unknown): number {
  if (!Number.isSafeInteger(value) || (value as number) < 0) {
    throw new Error(`${name} wants a whole number and got ${goText(value)}`);
  }
  return value as number;
}

function only(name: string, args: readonly unknown[]): unknown {
  if (args.length !== 1) throw new Error(`${name} wants one value and got ${args.length}`);
  return args[0];
}

function lengthOf(value: unknown): number {
  if (value === undefined || value === null) return 0;
  if (typeof value === "string") return Buffer.byteLength(value);
  if (Array.isArray(value)) return value.length;
  if (isMap(value)) return Object.keys(value).length;
  throw new Error(`len of ${goText(value)}, which has none`);
}

/** Our JSON leaves out what is empty, where Go would see an empty map, in which a missing key is "" as well. */
function elementAt(collection: unknown, key: unknown): unknown {
  if (collection === undefined || collection === null) return "";
  if (isMap(collection)) {
    const name = textOf("index of a map", key);
    return Object.hasOwn(collection, name) ? collection[name] : "";
  }
  if (!Array.isArray(collection)) throw new Error(`index of ${goText(collection)}, which is neither a list nor a map`);
  const at = countOf("index of a list", key);
  if (at >= collection.length) throw new Error(`index ${at} is beyond a list of ${collection.length}`);
  return collection[at];
}

function sliceOf(list: unknown, from: unknown, to: unknown): unknown {
  if (typeof list !== "string" && !Array.isArray(list))
    throw new Error(`slice of ${goText(list)}, which is not a list`);
  const start = from === undefined ? 0 : countOf("slice", from);
  const end = to === undefined ? list.length : countOf("slice", to);
  if (start > end || end > list.length) throw new Error(`slice ${start} to ${end} of a list of ${list.length}`);
  return list.slice(start, end);
}

/** A blank goes between two values if neither is a string, as in Go. */
function printed(args: readonly unknown[]): string {
  return args.reduce<string>((text, each, at) => {
    const isBlank = at > 0 && typeof each !== "string" && typeof args[at - 1] !== "string";
    return `${text}${isBlank ? " " : ""}${goText(each)}`;
  }, "");
}

function isEqual(one: unknown, other: unknown): boolean {
  for (const value of [one, other]) {
    if (typeof value === "object" && value !== null) throw new Error(`${goText(value)} cannot be compared`);
  }
  const [left, right] = [one ?? null, other ?? null];
  if (left !== null && right !== null && typeof left !== typeof right) {
    throw new Error(`${goText(left)} and ${goText(right)} are of different kinds`);
  }
  return left === right;
}

function order(one: unknown, other: unknown): number {
  if (typeof one === "number" && typeof other === "number") return one - other;
  if (typeof one === "string" && typeof other === "string") return one < other ? -1 : one > other ? 1 : 0;
  throw new Error(`${goText(one)} and ${goText(other)} have no order`);
}
