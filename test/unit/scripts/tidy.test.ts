import assert from "node:assert/strict";
import { test } from "node:test";
import { alternativesOf, exists } from "../../../scripts/tidy-parts/tree.ts";

test("braces stand for each of their alternatives", () => {
  assert.deepEqual(alternativesOf("raft/{core,wire}/*.ts"), ["raft/core/*.ts", "raft/wire/*.ts"]);
  assert.deepEqual(alternativesOf("{a,b}{c,d}"), ["ac", "ad", "bc", "bd"]);
  assert.deepEqual(alternativesOf("shared/ids.ts"), ["shared/ids.ts"]);
});

test("a path in prose is there from the root, from its folder, by its last parts, and with all alternatives", () => {
  for (const [path, folder, there] of [
    ["shared/ids.ts", ".", true],
    ["../ids.ts", "shared/objects", true],
    ["ids.ts", "manager/store", true],
    ["shared/{objects,rpc}", ".", true],
    ["shared/{objects,nothing}", ".", false],
    ["shared/*.ts", ".", true],
    ["shared/*.nothing", ".", false],
    ["../nothing.ts", "shared/objects", false],
    ["hared/ids.ts", ".", false],
  ] as const)
    assert.equal(exists(path, folder), there, path);
});
