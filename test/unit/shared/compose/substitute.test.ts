// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of Compose files look like that.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { SUBSTITUTION_DEPTH_MAX, VALUE_CHARACTERS_MAX } from "../../../../shared/compose/limits.ts";
import { SubstitutionError, substitute } from "../../../../shared/compose/substitute.ts";

const SET = new Map([
  ["A", "a"],
  ["EMPTY", ""],
  ["B_2", "b"],
  ["LONG", "x".repeat(1000)],
]);
const fill = (text: string, missing: string[] = []) => {
  return substitute(text, { lookup: (name) => SET.get(name) ?? null, missing: (name) => missing.push(name) });
};

describe("variables in values", () => {
  const filled: readonly (readonly [string, string])[] = [
    ["plain", "plain"],
    ["$A", "a"],
    ["${A}", "a"],
    ["$B_2-$A.", "b-a."],
    ["$$A $${A}", "$A ${A}"],
    ["$", "$"],
    ["$1 $- 5$", "$1 $- 5$"],
    ["${A:-x}", "a"],
    ["${EMPTY:-x}", "x"],
    ["${EMPTY-x}", ""],
    ["${NO-x}", "x"],
    ["${NO:-x:-y}", "x:-y"],
    ["${NO:-${EMPTY:-$A}}", "a"],
    ['${NO:-{"a": {}}}', '{"a": {}}'],
    ["${A:+x}", "x"],
    ["${EMPTY:+x}", ""],
    ["${EMPTY+x}", "x"],
    ["${NO+x}", ""],
    ["${A?m}${EMPTY?m}", "a"],
    ["${NO:-$$A}", "$A"],
  ];
  for (const [text, value] of filled)
    it(`makes ${JSON.stringify(value)} of ${text}`, () => assert.equal(fill(text), value));

  const refused: readonly (readonly [string, RegExp])[] = [
    ["${NO:?must be there}", /^the variable NO is required and missing: must be there$/],
    ["${EMPTY:?}", /^the variable EMPTY is required and missing$/],
    ["${NO?$A}", /missing: a$/],
    ["${A", /^"\$\{A" has no closing brace; write \$\$ for a dollar/],
    ["${}", /^"\$\{\}" is not a variable/],
    ["${A!}", /^"\$\{A!\}" is not a variable/],
    ["${1A}", /is not a variable/],
  ];
  for (const [text, sentence] of refused) {
    it(`refuses ${text}`, () => {
      assert.throws(
        () => fill(text),
        (error: Error) => error instanceof SubstitutionError && sentence.test(error.message),
      );
    });
  }

  it("counts a missing one as empty, and tells of it unless there is a default", () => {
    const missing: string[] = [];
    assert.equal(fill("<$NO>${NOT-x}${NONE+x}", missing), "<>x");
    assert.deepEqual(missing, ["NO"]);
  });

  it("ends values that grow without bound", () => {
    const text = "$LONG".repeat(VALUE_CHARACTERS_MAX / 1000 + 1);
    assert.throws(() => fill(text), /longer than 1048576 characters/);
  });

  it("ends defaults within defaults", () => {
    const nested = (depth: number) => `${"${NO:-".repeat(depth)}x${"}".repeat(depth)}`;
    assert.equal(fill(nested(SUBSTITUTION_DEPTH_MAX)), "x");
    assert.throws(() => fill(nested(SUBSTITUTION_DEPTH_MAX + 2)), /nested more than 50 levels/);
  });
});
