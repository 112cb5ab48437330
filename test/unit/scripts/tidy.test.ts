import assert from "node:assert/strict";
import { test } from "node:test";
import { brokenCitations } from "../../../scripts/tidy-parts/citations.ts";
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

test("a citation by heading leads to one, and papers that only their author has are none", () => {
  const pages = new Map([
    ["docs/page.md", ["The page", "Rolling updates", "Who's gone (and when)"]],
    ["docs/other.md", []],
    ["docs/twice.md", ["Limits", "Limits"]],
  ]);
  const broken = (file: string, line: string): number =>
    brokenCitations(file, line, (page) => pages.get(page) ?? null).length;
  for (const [file, line, count] of [
    ["raft/a.ts", "// as in docs/page.md#rolling-updates", 0],
    ["raft/a.ts", "// as in docs/page.md#rolling", 1],
    ["raft/a.ts", "// as in docs/other.md#rolling-updates", 1],
    ["raft/a.ts", "// as Docker does (docs/page.md, Rolling updates)", 0],
    ["raft/a.ts", "// as Docker does (docs/page.md, Rolling stones)", 1],
    ["docs/other.md", "[which](twice.md#limits)", 1],
    ["docs/other.md", "[who](page.md#whos-gone-and-when)", 0],
    ["docs/other.md", "[who](page.md#who-is-gone)", 1],
    ["docs/page.md", "[below](#rolling-updates)", 0],
    ["docs/page.md", "[below](#rolling-dice)", 1],
    ["raft/a.ts", "// the language of SWARM_FACTS 3.10", 1],
    ["raft/a.ts", "// only these lose tasks (SWARM_FACTS 10)", 1],
    ["raft/a.ts", "// see DESIGN §4", 1],
    ["raft/a.ts", "// FACTS 3.7.2 says so", 1],
    ["raft/a.ts", "// RFC 3339, TLS 1.3, PORT 80, HTTP/2", 0],
  ] as const)
    assert.equal(broken(file, line), count, line);
});
