import assert from "node:assert/strict";
import { test } from "node:test";
import { levelOfFailure } from "../../../shared/log.ts";

const warnings = (from: number, until: number): number[] =>
  Array.from({ length: until }, (_, at) => at + 1).filter((times) => levelOfFailure(times, from) === "warn");

test("a failure that lasts is a warning when it is no passing one any more, and at each doubling", () => {
  assert.deepEqual(warnings(1, 20), [1, 2, 4, 8, 16]);
  assert.deepEqual(warnings(8, 100), [8, 16, 32, 64]);
  assert.deepEqual(warnings(6, 50), [6, 12, 24, 48]);
});
