import assert from "node:assert/strict";
import { test } from "node:test";
import { judge, render } from "../../../scripts/oracles/verdict.ts";

test("a failure that nobody explains, and an explanation that nothing needs, are both told", () => {
  const verdict = judge({
    outcomes: [
      { test: "a", how: "passed" },
      { test: "b", how: "failed" },
      { test: "c", how: "failed" },
      { test: "d", how: "leftOut" },
      { test: "e", how: "passed" },
      { test: "f", how: "failed" },
      { test: "g", how: "passed" },
    ],
    known: new Map([
      ["b", "not offered"],
      ["e", "was not offered"],
    ]),
    // Whether they fail today or not, that is no news.
    unsteady: new Map([
      ["f", "loses bytes"],
      ["g", "loses bytes"],
    ]),
  });
  assert.deepEqual(verdict, {
    passed: 3,
    leftOut: 1,
    explained: [
      ["b", "not offered"],
      ["f", "loses bytes"],
    ],
    unexpected: ["c"],
    better: ["e"],
  });
  assert.match(
    render(verdict),
    /^passed 3, failed 3, left out by the suite 1\n {2}known: b: not offered\n {2}known: f: loses bytes\n {2}UNEXPECTED: c\n/,
  );
});
