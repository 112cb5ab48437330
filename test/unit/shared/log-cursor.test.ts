import assert from "node:assert/strict";
import { test } from "node:test";
import { comparePositions, isNewSince, LogCursor } from "../../../shared/log-cursor.ts";

const at = (taskId: string, timestampMs: number, nanos = 0) => ({ taskId, timestampMs, nanos });

test("after a break only lines later than the last one read of their own task are new", () => {
  const cursor = new LogCursor();
  for (const line of [at("a", 10), at("a", 12, 5), at("a", 11), at("b", 99)]) cursor.take(line);
  const resumedFrom = cursor.positions();
  assert.equal(isNewSince(resumedFrom, at("a", 12, 5)), false);
  assert.equal(isNewSince(resumedFrom, at("a", 12, 6)), true);
  assert.equal(isNewSince(resumedFrom, at("b", 50)), false);
  assert.equal(isNewSince(resumedFrom, at("c", 1)), true);
});

test("lines of one instant within one reading are all new", () => {
  const cursor = new LogCursor();
  const resumedFrom = cursor.positions();
  cursor.take(at("a", 10));
  assert.equal(isNewSince(resumedFrom, at("a", 10)), true);
});

test("positions are those of the tasks asked for, without tasks that were never read", () => {
  const cursor = new LogCursor();
  for (const line of [at("a", 10), at("b", 20)]) cursor.take(line);
  assert.deepEqual([...cursor.positions(["b", "c"])], [["b", at("b", 20)]]);
});

test("positions are ordered by time to the nanosecond", () => {
  const sorted = [at("a", 2), at("a", 1, 7), at("a", 1, 3)].toSorted(comparePositions);
  assert.deepEqual(sorted, [at("a", 1, 3), at("a", 1, 7), at("a", 2)]);
});
