import assert from "node:assert/strict";
import { test } from "node:test";
import { parseFilters } from "../../../../swarmctl/parse/filters.ts";
import { envFileLines, parseEnv, parseLabels, parseScale, splitWords } from "../../../../swarmctl/parse/words.ts";

test("labels keep everything after the first equals sign, and may have no value", () => {
  assert.deepEqual({ ...parseLabels(["a=b=c", "flag", "e="], "--label") }, { a: "b=c", flag: "", e: "" });
  assert.throws(() => parseLabels(["=x"], "--label"), { message: /invalid label "=x" for --label/ });
});

test("a bare variable takes our own value and is left out where we have none", () => {
  assert.deepEqual(parseEnv(["A=1", "HOME", "NONE", "E="], "--env", { HOME: "/root" }), ["A=1", "HOME=/root", "E="]);
  assert.throws(() => parseEnv(["=1"], "--env", {}), { message: /invalid variable "=1" for --env/ });
});

test("an env file has lines, comments and empty lines", () => {
  assert.deepEqual(envFileLines("# c\nA=1\n\n  B=x y \r\nHOME"), ["A=1", "B=x y ", "HOME"]);
});

for (const [text, words] of [
  ["a b  c", ["a", "b", "c"]],
  [`sh -c "echo 'x y'"`, ["sh", "-c", "echo 'x y'"]],
  [`a\\ b '' "\\""`, ["a b", "", '"']],
  ["'a\\b'", ["a\\b"]],
  ["", []],
] as const) {
  test(`${JSON.stringify(text)} splits as a shell would`, () => assert.deepEqual(splitWords(text, "--args"), words));
}

test("an open quote is refused", () => {
  assert.throws(() => splitWords("a 'b", "--args"), { message: /a quote is not closed/ });
});

test("scale wants NAME=NUMBER", () => {
  assert.deepEqual(parseScale("web=5"), { name: "web", replicas: 5 });
  for (const wrong of ["web", "web=", "=5", "web=x", "web=-1", "web=1.5", "web=99999999999999999999"]) {
    assert.throws(() => parseScale(wrong), { message: new RegExp(`^invalid scale specifier "${wrong}"`) });
  }
});

test("filters gather values by key and name the keys there are", () => {
  const keys = ["id", "node.label"] as const;
  assert.deepEqual(parseFilters(["id=a", "ID=b", "node.label=k=v"], keys), { id: ["a", "b"], "node.label": ["k=v"] });
  assert.throws(() => parseFilters(["colour=red"], keys), { message: /"colour=red": expected one of id, node\.label/ });
  assert.throws(() => parseFilters(["id"], keys), { message: /expected KEY=VALUE/ });
});
