import assert from "node:assert/strict";
import { test } from "node:test";
import { compareInstants, isNewSince, LOG_POSITIONS_MAX, LogCursor } from "../../../shared/log-cursor.ts";

/** A host that tells no places. */
const at = (taskId: string, timestampMs: number, nanos = 0) => ({
  taskId,
  timestampMs,
  nanos,
  generation: 0,
  offset: 0,
});
/** All of one instant. */
const place = (taskId: string, generation: number, offset: number) => ({
  ...{ taskId, timestampMs: 7, nanos: 7, generation, offset },
});

test("after a break only lines behind the last one read of their own task are new, though all are of one instant", () => {
  const cursor = new LogCursor();
  for (const line of [place("a", 1, 90), place("a", 2, 10), place("a", 1, 95), place("b", 9, 9)]) cursor.take(line);
  const resumedFrom = cursor.positions();
  assert.equal(isNewSince(resumedFrom, place("a", 1, 1_000)), false);
  assert.equal(isNewSince(resumedFrom, place("a", 2, 10)), false);
  assert.equal(isNewSince(resumedFrom, place("a", 2, 11)), true);
  assert.equal(isNewSince(resumedFrom, place("c", 1, 1)), true);
});

test("where a host's clock was set back, its later lines are new", () => {
  const cursor = new LogCursor([{ ...place("a", 1, 10), timestampMs: 1_000 }]);
  assert.equal(isNewSince(cursor.positions(), { ...place("a", 1, 20), timestampMs: 5 }), true);
});

test("lines of hosts that tell no places are told apart by time", () => {
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

test("of very many logs those read last are known", () => {
  const cursor = new LogCursor();
  for (let n = 0; n <= LOG_POSITIONS_MAX; n++) cursor.take(place(`t${n}`, 1, 1));
  const known = cursor.positions();
  assert.equal(known.size, LOG_POSITIONS_MAX);
  assert.equal(known.has("t0"), false);
  assert.equal(known.has(`t${LOG_POSITIONS_MAX}`), true);
});

test("instants are ordered to the nanosecond", () => {
  const sorted = [at("a", 2), at("a", 1, 7), at("a", 1, 3)].toSorted(compareInstants);
  assert.deepEqual(sorted, [at("a", 1, 3), at("a", 1, 7), at("a", 2)]);
});
