import { strict as assert } from "node:assert";
import { test } from "node:test";
import { sameData } from "../../../../manager/tasks/same-data.ts";

const cases: readonly [unknown, unknown, boolean][] = [
  [null, undefined, true],
  [{ a: null }, {}, true],
  [{ a: 1, b: 2 }, { b: 2, a: 1 }, true],
  [{ a: "a", _a: "a" }, { a: "a" }, false],
  [Object.assign(Object.create(null), { a: "b" }), { a: "b" }, true],
  [Buffer.from("ab"), new Uint8Array([97, 98]), true],
  [Buffer.from("ab"), Buffer.from("ac"), false],
  [{ a: 0 }, {}, false],
  [["a"], ["a", "b"], false],
  [["a"], { 0: "a" }, false],
  [{ a: { b: [1, { c: "x" }] } }, { a: { b: [1, { c: "y" }] } }, false],
  ["1", 1, false],
];
for (const [a, b, same] of cases) {
  test(`${JSON.stringify(a)} and ${JSON.stringify(b)} say ${same ? "the same" : "different things"}`, () => {
    assert.equal(sameData(a, b), same);
    assert.equal(sameData(b, a), same);
  });
}
