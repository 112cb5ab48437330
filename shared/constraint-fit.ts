import { Address4, Address6 } from "ip-address";
import type { Constraint, ConstraintTest, NumberOperator } from "./constraint.ts";
import { unreachable } from "./invariant.ts";
import { labelAt } from "./label-key.ts";
import type { Node } from "./objects/types.ts";

/** Whether the node meets all of them. Values are compared ignoring case; a missing label is "". */
export function meetsConstraints(node: Node, constraints: readonly Constraint[]): boolean {
  return constraints.every((constraint) => meetsConstraint(node, constraint));
}

/** Whether the node meets this one. An unknown key never matches, not even negated: a misspelt one places nothing. */
export function meetsConstraint(node: Node, { key, test }: Constraint): boolean {
  const value = valueAt(node, key);
  if (value === null) return false;
  // Keys ignore case.
  return key.toLowerCase() === "node.ip" ? meetsByAddress(value ?? "", test) : meets(value, test);
}

/** What the node has at the key; undefined where it has nothing, null for a key that no node knows. */
function valueAt(node: Node, key: string): string | undefined | null {
  switch (key.toLowerCase()) {
    case "node.id":
      return node.id;
    case "node.hostname":
      return node.description?.hostname;
    case "node.ip":
      return node.status.address;
    case "node.role":
      return node.role;
    case "node.platform.os":
      return node.description?.platform?.os;
    case "node.platform.arch":
      return node.description?.platform?.architecture;
    default:
      return labelAt(node, key);
  }
}

function meets(value: string | undefined, test: ConstraintTest): boolean {
  const actual = value ?? "";
  switch (test.kind) {
    case "equal":
      return isSame(actual, test.value) !== test.negated;
    case "oneOf":
      return test.values.some((each) => isSame(actual, each)) !== test.negated;
    case "exists":
      return (value !== undefined) !== test.negated;
    case "number":
      return actual.trim() !== "" && compares(Number(actual), test.operator, test.value);
    case "pattern":
      return test.matches(actual) !== test.negated;
    default:
      return unreachable(test);
  }
}

const isSame = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

/** Not a number, on the left: never. */
function compares(left: number, operator: NumberOperator, right: number): boolean {
  switch (operator) {
    case "<":
      return left < right;
    case "<=":
      return left <= right;
    case ">":
      return left > right;
    case ">=":
      return left >= right;
    default:
      return unreachable(operator);
  }
}

/** What is wanted is an address or a range; anything else never matches. */
function meetsByAddress(actual: string, test: ConstraintTest): boolean {
  switch (test.kind) {
    case "equal": {
      const range = parseIp(test.value);
      return range !== null && isInside(actual, range) !== test.negated;
    }
    case "oneOf": {
      const ranges = test.values.map(parseIp);
      if (ranges.includes(null)) return false;
      return ranges.some((range) => range !== null && isInside(actual, range)) !== test.negated;
    }
    case "exists":
    case "number":
    case "pattern":
      return meets(actual === "" ? undefined : actual, test);
    default:
      return unreachable(test);
  }
}

function isInside(actual: string, range: Address4 | Address6): boolean {
  const address = parseIp(actual);
  return (
    (address instanceof Address4 && range instanceof Address4 && address.isInSubnet(range)) ||
    (address instanceof Address6 && range instanceof Address6 && address.isInSubnet(range))
  );
}

function parseIp(text: string): Address4 | Address6 | null {
  if (Address4.isValid(text)) return new Address4(text);
  if (Address6.isValid(text)) return new Address6(text);
  return null;
}
