import assert from "node:assert/strict";
import { test } from "node:test";
import { totalEntryBytes } from "../../../../raft/core/entry.ts";
import { RaftLog } from "../../../../raft/core/raft-log.ts";
import { StableLog } from "../../../../raft/core/stable-log.ts";
import { toLogIndex, toTerm } from "../../../../raft/ids.ts";
import { InvariantError } from "../../../../shared/invariant.ts";
import { entry, entryId, logOf, snapshotOf } from "./fixture.ts";

const noTrace = (): void => {};

const EVERYTHING = Number.MAX_SAFE_INTEGER;

/** Of these terms from index 1 on, the first `stable` entries on disk. */
function logWith(terms: readonly number[], stable = terms.length, applyingBytesMax = EVERYTHING): RaftLog {
  const entries = logOf(...terms);
  const log = new RaftLog(new StableLog(undefined, entries.slice(0, stable)), noTrace, applyingBytesMax);
  log.append(entries.slice(stable));
  return log;
}

const termsOf = (log: RaftLog): unknown[] => {
  const entries = log.entriesFrom(log.firstIndex(), EVERYTHING);
  assert.ok(typeof entries !== "string");
  return entries.map(({ term }) => term);
};

const UP_TO_DATE: readonly (readonly [string, number, number, boolean])[] = [
  ["a greater term wins over a longer log", 4, 1, true],
  ["a smaller term loses however long", 2, 9, false],
  ["equal terms: the longer log wins", 3, 4, true],
  ["equal terms: as long is enough", 3, 3, true],
  ["equal terms: the shorter one loses", 3, 2, false],
];
for (const [claim, term, index, expected] of UP_TO_DATE) {
  test(`up to date: ${claim}`, () => assert.equal(logWith([1, 2, 3]).isUpToDate(entryId(term, index)), expected));
}

const APPENDS: readonly (readonly [string, [number, number], number[], number | null, number[]])[] = [
  // claim, prev, terms of the entries after it, agreed index, the log's terms then
  ["no match at prev is refused", [2, 3], [4], null, [1, 2, 3, 3]],
  ["prev beyond the end is refused", [3, 9], [4], null, [1, 2, 3, 3]],
  ["nothing new agrees up to prev only", [3, 3], [], 3, [1, 2, 3, 3]],
  ["what is there already stays, with what follows it", [2, 2], [3], 3, [1, 2, 3, 3]],
  ["new entries go to the end", [3, 4], [4, 4], 6, [1, 2, 3, 3, 4, 4]],
  ["a conflict drops everything from it on", [2, 2], [4], 3, [1, 2, 4]],
];
for (const [claim, [term, index], terms, agreed, after] of APPENDS) {
  test(`append: ${claim}`, () => {
    const log = logWith([1, 2, 3, 3], 2);
    const entries = terms.map((each, at) => entry(each, index + 1 + at));
    assert.equal(log.maybeAppend(entryId(term, index), entries, toLogIndex(0)), agreed);
    assert.deepEqual(termsOf(log), after);
  });
}

test("an append that contradicts a committed entry is a bug somewhere, and is not carried out", () => {
  const log = logWith([1, 1, 1]);
  log.commitTo(toLogIndex(2));
  assert.throws(() => log.maybeAppend(entryId(1, 1), [entry(2, 2)], toLogIndex(0)), InvariantError);
  assert.deepEqual(termsOf(log), [1, 1, 1]);
});

test("a follower commits no further than it has compared, whatever the leader has committed", () => {
  const log = logWith([1, 1, 1, 1]);
  log.maybeAppend(entryId(1, 2), [], toLogIndex(4));
  assert.equal(Number(log.committed), 2, "entries 3 and 4 may be another leader's");
});

const HINTS: readonly (readonly [string, number[], number, number, [number, number]])[] = [
  ["our last entry is small enough", [1, 1, 2], 3, 5, [3, 2]],
  ["skips every entry of a greater term", [1, 1, 4, 4, 4], 5, 3, [2, 1]],
  ["nothing matches", [4, 4], 2, 3, [0, 0]],
];
for (const [claim, terms, index, term, [hintIndex, hintTerm]] of HINTS) {
  test(`hint: ${claim}`, () => {
    const hint = logWith(terms).findConflictByTerm(toLogIndex(index), toTerm(term));
    assert.deepEqual(hint, { hintIndex, hintTerm });
  });
}

test("the term of the last compacted entry is known, of earlier ones not", () => {
  const log = new RaftLog(new StableLog(entryId(2, 5), [entry(3, 6)]), noTrace, EVERYTHING);
  assert.deepEqual(
    [4, 5, 6, 7].map((index) => log.term(toLogIndex(index))),
    ["compacted", 2, 3, "unavailable"],
  );
});

test("a slice over the border of disk and memory keeps to its limit, but gives at least one entry", () => {
  const log = logWith([1, 1, 1, 1], 2);
  const size = totalEntryBytes([entry(1, 1)]);
  for (const [bytesMax, count] of [
    [0, 1],
    [size, 1],
    [3 * size - 1, 2],
    [3 * size, 3],
    [EVERYTHING, 4],
  ] as const) {
    assert.equal(log.entriesFrom(toLogIndex(1), bytesMax).length, count, `${bytesMax} bytes`);
  }
});

test("without leave to apply what is not on disk, only that is handed out", () => {
  const log = logWith([1, 1, 1], 2);
  log.commitTo(toLogIndex(3));
  assert.equal(log.nextCommitted(false).length, 2);
  assert.equal(log.nextCommitted(true).length, 3);
});

test("no more is handed out to be applied than the limit allows, until some of it is reported", () => {
  const size = totalEntryBytes([entry(1, 1)]);
  const log = logWith([1, 1, 1], 3, 2 * size);
  log.commitTo(toLogIndex(3));
  assert.equal(log.nextCommitted(true).length, 2);
  log.acceptApplying(toLogIndex(2), 2 * size, true);
  assert.equal(log.hasNextCommitted(true), false);
  log.appliedTo(toLogIndex(1), size);
  assert.equal(log.nextCommitted(true).length, 1);
});

test("a received snapshot takes the log's place, and holds up applying until it is stored", () => {
  const log = logWith([1, 1]);
  log.restore(snapshotOf(3, 9, [1]));
  assert.deepEqual(log.lastId(), entryId(3, 9));
  assert.equal(log.hasNextCommitted(true), false);
  log.unstable.stableSnapshotTo(toLogIndex(9));
  assert.equal(log.hasPendingSnapshot(), false);
});

test("the report of a write is void when the entry was overwritten meanwhile (ABA)", () => {
  const log = logWith([1, 1], 0);
  log.unstable.acceptInProgress();
  log.maybeAppend(entryId(1, 1), [entry(2, 2)], toLogIndex(0));
  log.unstable.stableTo(entryId(1, 2));
  assert.equal(log.unstable.entries.length, 2, "nothing is known to be on disk");
  assert.equal(log.unstable.nextEntries().length, 1, "the new entry is still to be written");
  log.unstable.stableTo(entryId(2, 2));
  assert.equal(log.unstable.entries.length, 0);
});

test("indexes, once reached, do not fall", () => {
  const log = logWith([1, 1, 1]);
  log.commitTo(toLogIndex(2));
  log.commitTo(toLogIndex(1));
  assert.equal(Number(log.committed), 2);
  log.appliedTo(toLogIndex(2), 0);
  assert.throws(() => log.appliedTo(toLogIndex(1), 0), InvariantError);
  assert.throws(() => log.appliedTo(toLogIndex(3), 0), InvariantError);
  assert.throws(() => log.commitTo(toLogIndex(9)), /was the log corrupted/);
});

test("an entry that is kept keeps nothing of what its data came in", () => {
  const received = Buffer.alloc(1 << 16, "x");
  const stable = new StableLog();
  for (let index = 1; index <= 300; index++)
    stable.append([{ ...entry(1, index), kind: "normal", data: received.subarray(0, 100) }]);
  const kept = stable.entries(toLogIndex(1), toLogIndex(301), EVERYTHING);
  assert.ok(typeof kept !== "string" && kept.length === 300);
  const memory = new Set<ArrayBufferLike>();
  for (const each of kept) {
    assert.ok(each.kind === "normal" && each.data.length === 100 && each.data.every((byte) => byte === received[0]));
    memory.add(each.data.buffer);
  }
  const bytes = [...memory].reduce((sum, { byteLength }) => sum + byteLength, 0);
  assert.ok(bytes <= 300 * 100 + (16 << 10), `${bytes} bytes are kept for 300 entries of 100`);
});
