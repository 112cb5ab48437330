import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ComposeError } from "../../../../shared/compose/compose-error.ts";
import { FILE_CHARACTERS_MAX, NESTING_MAX } from "../../../../shared/compose/limits.ts";
import { parseYaml } from "../../../../shared/compose/parse-yaml.ts";
import type { ScalarValue, Tree } from "../../../../shared/compose/tree.ts";

function plain(tree: Tree | undefined): unknown {
  if (tree === undefined) return undefined;
  if (tree.kind === "scalar") return tree.value;
  if (tree.kind === "list") return tree.items.map(plain);
  return Object.fromEntries([...tree.entries].map(([key, entry]) => [key, plain(entry)]));
}
const values = (text: string) => parseYaml(text, "f").map(plain);
function entry(text: string, ...path: readonly string[]): Tree | undefined {
  let at = parseYaml(text, "f")[0];
  for (const key of path) at = at?.kind === "mapping" ? at.entries.get(key) : undefined;
  return at;
}

describe("YAML", () => {
  const words: readonly (readonly [string, ScalarValue])[] = [
    ["", null],
    ["~", null],
    ["null", null],
    ["true", true],
    ["False", false],
    ["yes", "yes"],
    ["no", "no"],
    ["on", "on"],
    ["12", 12],
    ["-3", -3],
    ["+3", 3],
    ["0440", 0o440],
    ["0o17", 15],
    ["0x1F", 31],
    ["0b11", 3],
    ["1_000", 1000],
    ["089", 89],
    ["12345678901234567890", 12345678901234567890n],
    ["1.50", 1.5],
    ["1e3", 1000],
    [".5", 0.5],
    ["1.2.3", "1.2.3"],
    ["22:22", "22:22"],
    ["2024-01-01", "2024-01-01"],
    ['"12"', "12"],
    ["!!str 12", "12"],
    ['!!int "12"', 12],
    ["|\n  a\n  b", "a\nb\n"],
    [">-\n  a\n  b", "a b"],
  ];
  for (const [word, value] of words) {
    it(`takes ${JSON.stringify(word)} for ${typeof value === "bigint" ? `${value}n` : JSON.stringify(value)}`, () => {
      const tree = entry(`a: ${word}`, "a");
      assert.equal(tree?.kind === "scalar" ? tree.value : undefined, value);
    });
  }

  it("keeps what was written of a plain word", () => {
    const tree = entry("a: 0440", "a");
    assert.equal(tree?.kind === "scalar" ? tree.source : undefined, "0440");
  });

  it("knows the line of each key", () => {
    const text = "a:\n  b: 1\n  c:\n    - x\n    - y: |\n        z\n";
    const list = entry(text, "a", "c");
    assert.deepEqual(entry(text, "a", "b")?.place, { file: "f", line: 2 });
    assert.deepEqual(list?.kind === "list" ? list.items.map(({ place }) => place.line) : [], [4, 5]);
  });

  it("reads several documents, and none from an empty file", () => {
    assert.deepEqual(values("a: 1\n---\nb: 2\n"), [{ a: 1 }, { b: 2 }]);
    assert.deepEqual(values(""), []);
    assert.deepEqual(values("# nothing\n---\n"), []);
  });

  it("merges what << refers to below what stands there, earlier over later", () => {
    const text = "x: &x {a: 1, b: 1}\ny: &y {b: 2, c: 2}\nz:\n  <<: [*y, *x]\n  a: 3\n";
    assert.deepEqual(values(text)[0], { x: { a: 1, b: 1 }, y: { b: 2, c: 2 }, z: { a: 3, b: 2, c: 2 } });
  });

  it("marks what is reset or overrides, and leaves out reset elements of lists", () => {
    const text = "a: !reset null\nb: !override [1]\nc: [1, !reset 2]\n";
    assert.equal(entry(text, "a")?.mark, "reset");
    assert.equal(entry(text, "b")?.mark, "override");
    assert.deepEqual(plain(entry(text, "c")), [1]);
  });

  it("takes any key", () => {
    const tree = parseYaml("__proto__: 1\n1: 2\nyes: 3", "f")[0];
    assert.deepEqual(tree?.kind === "mapping" ? [...tree.entries.keys()] : [], ["__proto__", "1", "yes"]);
  });

  const refused: readonly (readonly [string, string, RegExp])[] = [
    ["what is not YAML", "a: 1\nb: [", /^f:2: not YAML: /],
    ["a key twice", "a: 1\nb: 2\na: 3", /^f:3: the key "a" is there already, in line 1$/],
    ["a key that is a list", "a: 1\n? [x]\n: 2", /^f:2: a key is text/],
    ["unknown tags", "a: 1\nb: !ruby/object x", /^f:2: the tag !ruby\/object is not known/],
    ["unknown anchors", "a: 1\nb: *x", /^f:2: /],
    ["a value inside itself", "a: &a\n  b: *a", /^f:2: \*a refers to what it is a part of$/],
    ["<< of something else", "a: 1\nb:\n  <<: x", /^f:3: << takes a mapping/],
    [
      "deep values",
      `a: ${"[".repeat(NESTING_MAX + 2)}${"]".repeat(NESTING_MAX + 2)}`,
      /^f:1: values are nested more than 64/,
    ],
    ["endlessly deep values", "[".repeat(1_000_000), /^f:1: values are nested/],
    ["endlessly deep lists", "- ".repeat(1_000_000), /^f:1: values are nested/],
  ];
  for (const [claim, text, sentence] of refused) {
    it(`refuses ${claim}`, () => {
      assert.throws(
        () => parseYaml(text, "f"),
        (error: Error) => error instanceof ComposeError && sentence.test(error.message),
      );
    });
  }

  it("refuses anchors that multiply, before they do", () => {
    const bomb = ["a0: &a0 [x,x,x,x,x,x,x,x,x,x]"];
    for (let at = 1; at < 20; at += 1)
      bomb.push(
        `a${at}: &a${at} [${Array(10)
          .fill(`*a${at - 1}`)
          .join(",")}]`,
      );
    assert.throws(() => parseYaml(bomb.join("\n"), "f"), /f:\d+: the file stands for more than 100000 values/);
  });

  it("refuses files that are too long", () => {
    assert.throws(() => parseYaml("#".repeat(FILE_CHARACTERS_MAX + 1), "f"), /f has 4194305 characters/);
  });
});
