import assert from "node:assert/strict";
import { test } from "node:test";
import { Inflights } from "../../../../raft/core/inflights.ts";
import { toLogIndex } from "../../../../raft/ids.ts";
import { InvariantError } from "../../../../shared/invariant.ts";

function windowOf(countMax: number, bytesMax: number, ...messages: readonly (readonly [number, number])[]): Inflights {
  const inflights = new Inflights(countMax, bytesMax);
  for (const [index, bytes] of messages) inflights.add(toLogIndex(index), bytes);
  return inflights;
}

test("is full when as many messages are under way as are allowed", () => {
  const inflights = windowOf(2, 0, [1, 10]);
  assert.equal(inflights.isFull(), false);
  inflights.add(toLogIndex(2), 10);
  assert.equal(inflights.isFull(), true);
  assert.throws(() => inflights.add(toLogIndex(3), 10), InvariantError);
});

test("is full by bytes, but one message may cross the bound", () => {
  const inflights = windowOf(10, 100, [1, 99]);
  assert.equal(inflights.isFull(), false);
  inflights.add(toLogIndex(2), 1_000);
  assert.equal(inflights.isFull(), true);
});

test("an acknowledgement frees every message that ends there or before", () => {
  const inflights = windowOf(4, 0, [2, 1], [5, 1], [7, 1], [9, 1]);
  inflights.freeUpTo(toLogIndex(1));
  assert.equal(inflights.count, 4, "nothing ends at or before 1");
  inflights.freeUpTo(toLogIndex(6));
  assert.equal(inflights.count, 2);
  assert.equal(inflights.isFull(), false);
  inflights.freeUpTo(toLogIndex(100));
  assert.equal(inflights.count, 0);
});

test("bytes that are acknowledged make room again", () => {
  const inflights = windowOf(10, 100, [1, 60], [2, 60]);
  assert.equal(inflights.isFull(), true);
  inflights.freeUpTo(toLogIndex(1));
  assert.equal(inflights.isFull(), false);
});

test("a copy lives a life of its own", () => {
  const inflights = windowOf(2, 0, [1, 1]);
  const copy = inflights.clone();
  copy.freeUpTo(toLogIndex(1));
  assert.deepEqual([inflights.count, copy.count], [1, 0]);
});
