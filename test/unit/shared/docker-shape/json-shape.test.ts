import assert from "node:assert/strict";
import { test } from "node:test";
import { fieldOf, type JsonShape, takeShape } from "../../../../shared/docker-shape/json-shape.ts";

const SHAPE: JsonShape = { fields: { First: "text", Second: { fields: { Inner: "whole" } }, Third: { map: "text" } } };

test("fields are found by their names, or in whatever case, and told in the shape's order", () => {
  const given = { third: { KEY: "v" }, SECOND: { inner: 1 }, First: "a" };
  const taken = takeShape(given, SHAPE);
  assert.deepEqual(JSON.stringify(taken), '{"First":"a","Second":{"Inner":1},"Third":{"KEY":"v"}}');
});

test("of a field that is there twice its own name counts, and of two others the first", () => {
  for (const [given, first] of [
    [{ first: "other", First: "own" }, "own"],
    [{ First: "own", FIRST: "other" }, "own"],
    [{ FIRST: "one", first: "two" }, "one"],
    [{ fırst: "no letter of ours" }, undefined],
  ] as const) {
    assert.equal((takeShape(given, SHAPE) as { First?: string }).First, first);
    assert.equal(fieldOf(given, "First"), first);
  }
});

test("words that every object has are no fields", () => {
  const given = JSON.parse('{"constructor":"x","__proto__":{"First":"x"},"toString":1}') as object;
  assert.deepEqual(takeShape(given, SHAPE), {});
});

test("of several wrong fields the first of the shape is named, with its path", () => {
  assert.throws(() => takeShape({ Third: 1, Second: { Inner: "x" } }, SHAPE), {
    code: "invalidArgument",
    message: "invalid JSON: Second.Inner must be a whole number, and is a string",
  });
});
