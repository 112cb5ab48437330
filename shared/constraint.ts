import { Address4, Address6 } from "ip-address";
import { SwarmError } from "./errors.ts";
import { unreachable } from "./invariant.ts";
import { labelOf } from "./objects/labels.ts";
import type { Node } from "./objects/types.ts";

/** One placement constraint, `key==value` or `key!=value` (docs/docker-behaviour.md#constraints). */
export interface Constraint {
  readonly key: string;
  readonly operator: "==" | "!=";
  readonly value: string;
}

/** Looked for in this order, so `a==b!=c` compares with "b!=c", which is not a valid value. */
const OPERATORS = ["==", "!="] as const;
const KEY = /^[a-z_][a-z0-9\-_.]+$/i;
/** Allows more than matching uses (plain equality), because stacks written for Docker may contain such values. */
const VALUE = /^[a-z0-9:\-_\s.*()?+[\]\\^$|/]+$/i;

const NODE_LABEL = "node.labels.";
const ENGINE_LABEL = "engine.labels.";

/** @throws SwarmError invalidArgument with a sentence that quotes the text. */
export function parseConstraint(text: string): Constraint {
  const operator = OPERATORS.find((candidate) => text.includes(candidate));
  if (operator === undefined) throw invalid(text, "expected one operator from ==, !=");
  const at = text.indexOf(operator);
  const key = text.slice(0, at).trim();
  const value = text.slice(at + operator.length).trim();
  if (!KEY.test(key)) throw invalid(text, `key "${key}" is invalid`);
  if (!VALUE.test(value)) throw invalid(text, `value "${value}" is invalid`);
  return { key, operator, value };
}

/** @throws SwarmError invalidArgument for the first invalid one. */
export function parseConstraints(texts: readonly string[]): readonly Constraint[] {
  return texts.map(parseConstraint);
}

/** Whether the node meets all of them. Values are compared ignoring case; a missing label is "". */
export function meetsConstraints(node: Node, constraints: readonly Constraint[]): boolean {
  return constraints.every((constraint) => meets(node, constraint));
}

function meets(node: Node, { key, operator, value }: Constraint): boolean {
  // Keys ignore case, label names do not.
  const word = key.toLowerCase();
  switch (word) {
    case "node.id":
      return compare(node.id, operator, value);
    case "node.hostname":
      return compare(node.description?.hostname ?? "", operator, value);
    case "node.ip":
      return compareIp(node.status.address, operator, value);
    case "node.role":
      return compare(node.role, operator, value);
    case "node.platform.os":
      return compare(node.description?.platform?.os ?? "", operator, value);
    case "node.platform.arch":
      return compare(node.description?.platform?.architecture ?? "", operator, value);
    default: {
      const label = labelAt(node, key);
      // An unknown key never matches, not even with !=: a misspelled constraint must not place anything.
      return label !== null && compare(label, operator, value);
    }
  }
}

/** Whether a key means a label of a node or of its daemon: `node.labels.zone`, `engine.labels.disk`. */
export function isLabelKey(key: string): boolean {
  const prefix = [NODE_LABEL, ENGINE_LABEL].find((each) => key.toLowerCase().startsWith(each));
  return prefix !== undefined && key.length > prefix.length && KEY.test(key);
}

/** The label of a node that such a key means; "" where the node lacks it, null for any other key. */
export function labelAt(node: Node, key: string): string | null {
  const word = key.toLowerCase();
  if (word.startsWith(NODE_LABEL)) return labelOf(node.spec.annotations.labels, key.slice(NODE_LABEL.length)) ?? "";
  if (word.startsWith(ENGINE_LABEL)) {
    return labelOf(node.description?.engineLabels, key.slice(ENGINE_LABEL.length)) ?? "";
  }
  return null;
}

function compare(actual: string, operator: Constraint["operator"], wanted: string): boolean {
  const equal = actual.toLowerCase() === wanted.toLowerCase();
  switch (operator) {
    case "==":
      return equal;
    case "!=":
      return !equal;
    default:
      return unreachable(operator);
  }
}

/** `wanted` is an address or a CIDR; anything else never matches. */
function compareIp(actual: string, operator: Constraint["operator"], wanted: string): boolean {
  const range = parseIp(wanted);
  if (range === null) return false;
  const address = parseIp(actual);
  const inside =
    (address instanceof Address4 && range instanceof Address4 && address.isInSubnet(range)) ||
    (address instanceof Address6 && range instanceof Address6 && address.isInSubnet(range));
  return operator === "==" ? inside : !inside;
}

function parseIp(text: string): Address4 | Address6 | null {
  if (Address4.isValid(text)) return new Address4(text);
  if (Address6.isValid(text)) return new Address6(text);
  return null;
}

function invalid(text: string, why: string): SwarmError {
  return new SwarmError("invalidArgument", `invalid constraint ${JSON.stringify(text)}: ${why}`);
}
