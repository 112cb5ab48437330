import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  jointCommitted,
  jointVote,
  majorityCommitted,
  majorityOf,
  majorityVote,
  type VoteResult,
} from "../../../../raft/core/quorum.ts";
import type { LogIndex, RaftId } from "../../../../raft/ids.ts";

const voters = (...ids: number[]): Set<RaftId> => new Set(ids as RaftId[]);
const ackedBy =
  (indexes: Readonly<Record<number, number>>) =>
  (id: RaftId): LogIndex | undefined =>
    indexes[id] as LogIndex | undefined;

const COMMITTED: readonly (readonly [string, number[], Record<number, number>, number])[] = [
  ["a single voter decides alone", [1], { 1: 7 }, 7],
  ["a voter that was never heard of counts as 0", [1], {}, 0],
  ["of two voters both must hold it", [1, 2], { 1: 9, 2: 4 }, 4],
  ["of three voters two suffice", [1, 2, 3], { 1: 9, 2: 4 }, 4],
  ["of three voters the middle one decides", [1, 2, 3], { 1: 9, 2: 4, 3: 6 }, 6],
  ["of four voters three must hold it", [1, 2, 3, 4], { 1: 9, 2: 8, 3: 6, 4: 1 }, 6],
  ["of five voters three suffice", [1, 2, 3, 4, 5], { 1: 9, 2: 8, 3: 6, 4: 1 }, 6],
  ["no voters agree to everything", [], {}, Number.POSITIVE_INFINITY],
];

for (const [claim, ids, acked, expected] of COMMITTED) {
  test(`commit index: ${claim}`, () => assert.equal(majorityCommitted(voters(...ids), ackedBy(acked)), expected));
}

test("a joint configuration commits the lesser of its two halves", () => {
  const joint = { incoming: voters(1, 2, 3), outgoing: voters(3, 4, 5) };
  assert.equal(jointCommitted(joint, ackedBy({ 1: 9, 2: 9, 3: 2, 4: 5, 5: 1 })), 2);
  assert.equal(jointCommitted({ ...joint, outgoing: voters() }, ackedBy({ 1: 9, 2: 9 })), 9);
});

const VOTES: readonly (readonly [string, number[], Record<number, boolean>, VoteResult])[] = [
  ["nobody has answered", [1, 2, 3], {}, "pending"],
  ["one yes of three", [1, 2, 3], { 1: true }, "pending"],
  ["two yes of three", [1, 2, 3], { 1: true, 2: true }, "won"],
  ["one yes, one no of three", [1, 2, 3], { 1: true, 2: false }, "pending"],
  ["two no of three", [1, 2, 3], { 1: true, 2: false, 3: false }, "lost"],
  ["half of four is not enough", [1, 2, 3, 4], { 1: true, 2: true, 3: false, 4: false }, "lost"],
  ["a no of one of two decides", [1, 2], { 1: true, 2: false }, "lost"],
  ["no voters", [], {}, "won"],
];

for (const [claim, ids, votes, expected] of VOTES) {
  test(`vote: ${claim}: ${expected}`, () =>
    assert.equal(
      majorityVote(voters(...ids), (id) => votes[id]),
      expected,
    ));
}

test("a joint vote is won by both halves, lost by either", () => {
  const joint = { incoming: voters(1), outgoing: voters(2) };
  const results = (votes: Record<number, boolean>): VoteResult => jointVote(joint, (id) => votes[id]);
  assert.deepEqual([{}, { 1: true }, { 1: true, 2: true }, { 1: true, 2: false }, { 2: false }].map(results), [
    "pending",
    "pending",
    "won",
    "lost",
    "lost",
  ]);
});

const someVoters = fc.uniqueArray(fc.integer({ min: 1, max: 9 }), { maxLength: 7 });
const someIndexes = fc.dictionary(fc.integer({ min: 1, max: 9 }).map(String), fc.nat(20));

test("the commit index is the highest that a majority holds, as counted the slow way", () => {
  fc.assert(
    fc.property(someVoters, someIndexes, (ids, acked) => {
      const holds = (index: number): number => ids.filter((id) => (acked[id] ?? 0) >= index).length;
      const slow = Array.from({ length: 21 }, (_, at) => 20 - at).find(
        (index) => holds(index) >= majorityOf(ids.length),
      );
      assert.equal(majorityCommitted(voters(...ids), ackedBy(acked)), ids.length === 0 ? Infinity : slow);
    }),
  );
});

test("a group joint with itself, or with nobody, decides as it would alone; the halves may be swapped", () => {
  fc.assert(
    fc.property(someVoters, someVoters, someIndexes, (a, b, acked) => {
      const committed = (incoming: number[], outgoing: number[]): number =>
        jointCommitted({ incoming: voters(...incoming), outgoing: voters(...outgoing) }, ackedBy(acked));
      assert.equal(committed(a, a), majorityCommitted(voters(...a), ackedBy(acked)));
      assert.equal(committed(a, []), majorityCommitted(voters(...a), ackedBy(acked)));
      assert.equal(committed(a, b), committed(b, a));
    }),
  );
});
