import assert from "node:assert/strict";
import { test } from "node:test";
import { BuildOutput, QUIET_LINE_CHARACTERS_MAX, QUIET_LINES_MAX } from "../../../swarmctl/image/build-output.ts";

function output(isQuiet: boolean) {
  const [out, err]: [string[], string[]] = [[], []];
  const said = new BuildOutput({ line: (text) => out.push(text), warn: (text) => err.push(text) }, { isQuiet });
  return { said, out, err };
}

test("a build's lines are shown as they come, whole, and once, whether it fails or not", () => {
  for (const end of ["end", "fail"] as const) {
    const { said, out, err } = output(false);
    said.push("STEP 1\nbef");
    assert.deepEqual(out, ["STEP 1"]);
    said.push("ore\nlast");
    said[end]();
    assert.deepEqual([out, err], [["STEP 1", "before", "last"], []]);
  }
});

test("a quiet build that fails says on standard error what it would have shown", () => {
  const { said, out, err } = output(true);
  said.push("STEP 1\nno such pack");
  said.push("age");
  assert.deepEqual([out, err], [[], []]);
  said.fail();
  assert.deepEqual([out, err], [[], ["STEP 1", "no such package"]]);
});

test("a quiet build that succeeds says nothing", () => {
  const { said, out, err } = output(true);
  said.push("STEP 1\nrest");
  said.end();
  assert.deepEqual([out, err], [[], []]);
});

test("of a quiet build that fails after much, the last lines are kept, each within its limit", () => {
  const { said, err } = output(true);
  said.push(Array.from({ length: QUIET_LINES_MAX + 10 }, (_, at) => `line ${at}\n`).join(""));
  for (let at = 0; at < 10; at++) said.push("x".repeat(QUIET_LINE_CHARACTERS_MAX));
  said.fail();
  assert.equal(err.length, QUIET_LINES_MAX);
  assert.equal(err[0], "line 11");
  assert.equal(err.at(-1)?.length, QUIET_LINE_CHARACTERS_MAX);
});
