import { RE2JS } from "re2js";
import { messageOf, SwarmError } from "./errors.ts";
import { PLACEMENT_KEY } from "./label-key.ts";

/**
 * One placement constraint (docs/docker-behaviour.md#constraints): what a node must be. `text` is as people wrote it,
 * without blanks around it, for the explanation of why no node fits.
 */
export interface Constraint {
  readonly text: string;
  readonly key: string;
  readonly test: ConstraintTest;
}

export type ConstraintTest =
  | { readonly kind: "equal"; readonly negated: boolean; readonly value: string }
  | { readonly kind: "oneOf"; readonly negated: boolean; readonly values: readonly string[] }
  | { readonly kind: "exists"; readonly negated: boolean }
  | { readonly kind: "number"; readonly operator: NumberOperator; readonly value: number }
  | { readonly kind: "pattern"; readonly negated: boolean; readonly matches: (value: string) => boolean };

export type NumberOperator = "<" | "<=" | ">" | ">=";

/** Longer ones first, for two of them begin alike. The first one in the text counts. */
const SYMBOL = /==|!=|=~|!~|<=|>=|<|>/;
const ONE_OF = /^(.*?)\s+(not\s+)?in\s*\((.*)\)$/is;
const EXISTS = /^(.*?)\s+(not\s+)?exists$/is;
const OPERATORS = "==, !=, =~, !~, <, <=, >, >=, in (...), not in (...), exists, not exists";
/** Allows more than equality needs, because stacks written for Docker may contain such values. */
const VALUE = /^[a-z0-9:\-_\s.*()?+[\]\\^$|/]+$/i;
/** Parentheses and the comma are those of the list. */
const LISTED_VALUE = /^[a-z0-9:\-_\s./]+$/i;
const NUMBER = /^-?\d+(\.\d+)?$/;
/**
 * In characters. Matching costs the pattern's length times the value's, for each node, on the leader's loop: a pattern
 * that counts (`a{500}`) is as long as what it stands for, and is refused therefore.
 */
const PATTERN_MAX = 128;

/** @throws SwarmError invalidArgument with a sentence that quotes the text. */
export function parseConstraint(given: string): Constraint {
  const text = given.trim();
  const symbol = SYMBOL.exec(text);
  if (symbol !== null) {
    const key = keyOf(text, text.slice(0, symbol.index));
    return { text, key, test: symbolTest(text, symbol[0], text.slice(symbol.index + symbol[0].length).trim()) };
  }
  const list = ONE_OF.exec(text);
  if (list !== null) {
    const [, key = "", not, values = ""] = list;
    return { text, key: keyOf(text, key), test: oneOf(text, values, not !== undefined) };
  }
  const exists = EXISTS.exec(text);
  if (exists === null) throw invalid(text, `expected one operator from ${OPERATORS}`);
  const [, key = "", not] = exists;
  return { text, key: keyOf(text, key), test: { kind: "exists", negated: not !== undefined } };
}

/** @throws SwarmError invalidArgument for the first invalid one. */
export function parseConstraints(texts: readonly string[]): readonly Constraint[] {
  return texts.map(parseConstraint);
}

function keyOf(text: string, before: string): string {
  const key = before.trim();
  if (!PLACEMENT_KEY.test(key)) throw invalid(text, `key "${key}" is invalid`);
  return key;
}

function symbolTest(text: string, symbol: string, value: string): ConstraintTest {
  switch (symbol) {
    case "==":
    case "!=":
      if (!VALUE.test(value)) throw invalid(text, `value "${value}" is invalid`);
      return { kind: "equal", negated: symbol === "!=", value };
    case "=~":
    case "!~":
      return { kind: "pattern", negated: symbol === "!~", matches: matcher(text, value) };
    default:
      if (!NUMBER.test(value)) throw invalid(text, `"${value}" is not a number, which ${symbol} compares with`);
      return { kind: "number", operator: symbol as NumberOperator, value: Number(value) };
  }
}

function oneOf(text: string, list: string, negated: boolean): ConstraintTest {
  const values = list.split(",").map((value) => value.trim());
  const wrong = values.find((value) => !LISTED_VALUE.test(value));
  if (wrong !== undefined) throw invalid(text, `value "${wrong}" of the list is invalid`);
  return { kind: "oneOf", negated, values };
}

/** RE2, in time linear in the value, so that no pattern can hold up the leader. The whole value must match. */
function matcher(text: string, pattern: string): (value: string) => boolean {
  if (pattern === "") throw invalid(text, "the pattern is empty");
  if (pattern.length > PATTERN_MAX) throw invalid(text, `the pattern is longer than ${PATTERN_MAX} characters`);
  if (/[{}]/.test(pattern)) throw invalid(text, "patterns with { } are not offered; write out what is repeated");
  let compiled: RE2JS;
  try {
    compiled = RE2JS.compile(pattern, RE2JS.CASE_INSENSITIVE);
  } catch (error) {
    throw invalid(text, `the pattern cannot be read (${messageOf(error)})`);
  }
  return (value) => compiled.matches(value);
}

function invalid(text: string, why: string): SwarmError {
  return new SwarmError("invalidArgument", `invalid constraint ${JSON.stringify(text)}: ${why}`);
}
