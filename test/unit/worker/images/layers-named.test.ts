import assert from "node:assert/strict";
import { test } from "node:test";
import { hasLayersItNames } from "../../../../worker/images/pull/layers-named.ts";

const configOf = (...named: readonly string[]): string => JSON.stringify({ rootfs: { diff_ids: named } });
const layer = (diffDigest: string) => ({ id: "x", parent: "", bytes: 0, compressedDigest: "", diffDigest });

const TABLE: readonly (readonly [claim: string, config: string, topmostFirst: readonly string[], wanted: boolean])[] = [
  ["the lowest is named first", configOf("a", "b"), ["b", "a"], true],
  ["in another order", configOf("a", "b"), ["a", "b"], false],
  ["one is another", configOf("a", "b"), ["c", "a"], false],
  ["one is missing", configOf("a", "b"), ["b"], false],
  ["one too many", configOf("a"), ["b", "a"], false],
  ["one that the store does not know", configOf("a", "b"), ["", "a"], true],
  ["none of none", configOf(), [], true],
  ["a configuration that names none", "{}", ["a"], false],
  ["a configuration that is none", "x", ["a"], false],
];
for (const [claim, config, layers, wanted] of TABLE) {
  test(`layers and those that are named: ${claim}`, () => {
    assert.equal(hasLayersItNames(config, layers.map(layer)), wanted);
  });
}
