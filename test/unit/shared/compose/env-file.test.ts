// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of Compose files look like that.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ComposeError } from "../../../../shared/compose/compose-error.ts";
import { parseEnvFile } from "../../../../shared/compose/env-file.ts";

const parse = (text: string, format: "raw" | null = null) => {
  const lookup = (name: string) => (name === "OUTSIDE" ? "out" : null);
  return Object.fromEntries(parseEnvFile(text, { file: ".env", lookup, format }));
};

describe("files of variables", () => {
  const read: readonly (readonly [string, string, Readonly<Record<string, string>>])[] = [
    ["names and values", "A=1\nB=two words\n", { A: "1", B: "two words" }],
    ["the yaml way", "A: 1", { A: "1" }],
    ["export", "export A=1", { A: "1" }],
    ["comments", "# c\nA=1 # c\nB=1#2\n  # c\n", { A: "1", B: "1#2" }],
    ["empty values", "A=\nB=''\nC=\"\"", { A: "", B: "", C: "" }],
    ["lines of other systems", "\uFEFFA=1\r\nB=2\r\n", { A: "1", B: "2" }],
    ["single quotes as they stand", "A='$X \\n # it\\'s'", { A: "$X \\n # it's" }],
    ["double quotes with escapes", 'A="a\\tb\\"\\\\ \\$X \\q"', { A: 'a\tb"\\ $X \\q' }],
    ["values over several lines", "A=\"one\ntwo\"\nB='three\nfour'", { A: "one\ntwo", B: "three\nfour" }],
    [
      "variables of the file and of outside",
      'A=1\nB=$A-${OUTSIDE}\nC="${A}x"\nD=${NO:-d}',
      { A: "1", B: "1-out", C: "1x", D: "d" },
    ],
    ["a name alone from outside", "OUTSIDE\nNO\n", { OUTSIDE: "out" }],
    ["the last of several", "A=1\nA=2", { A: "2" }],
    ["names with dots and dashes", "a.b-c[0]=1", { "a.b-c[0]": "1" }],
    ["names that objects have", "__proto__=1\nconstructor=2", { ["__proto__"]: "1", constructor: "2" }],
  ];
  for (const [claim, text, values] of read) it(`reads ${claim}`, () => assert.deepEqual(parse(text), values));

  it("takes raw values as they stand", () => {
    assert.deepEqual(parse("A=\"x\" # $B\nB='y'", "raw"), { A: '"x" # $B', B: "'y'" });
  });

  const refused: readonly (readonly [string, RegExp])[] = [
    ["A=1\nB C=2", /^\.env:2: expected NAME=value/],
    ["A=1\n\n=2", /^\.env:3: expected NAME=value/],
    ['A=1\nB="x\ny', /^\.env:2: the value has no closing "$/],
    ["A=1\nB=${X", /^\.env:2: "\$\{X" has no closing brace/],
    ["A=${NO:?say it}", /^\.env:1: the variable NO is required and missing: say it$/],
  ];
  for (const [text, sentence] of refused) {
    it(`refuses ${JSON.stringify(text)} with its line`, () => {
      assert.throws(
        () => parse(text),
        (error: Error) => error instanceof ComposeError && sentence.test(error.message),
      );
    });
  }
});
