import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Entry } from "../../raft/core/entry.ts";
import { Inflights } from "../../raft/core/inflights.ts";
import { RaftLog } from "../../raft/core/raft-log.ts";
import { StableLog } from "../../raft/core/stable-log.ts";
import { toLogIndex } from "../../raft/ids.ts";
import { entry, entryId } from "../unit/raft/core/fixture.ts";

const noTrace = (): void => {};

/** Terms of a log from index 1 on: small numbers that never fall. */
const terms = fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 8 }).map((list) => list.toSorted((a, b) => a - b));

function logWith(own: readonly number[], onDisk: number, committed: number): { log: RaftLog; stable: StableLog } {
  const entries = own.map((term, at) => entry(term, at + 1));
  const stable = new StableLog(undefined, entries.slice(0, onDisk));
  const log = new RaftLog(stable, noTrace, 1_000_000);
  log.append(entries.slice(onDisk));
  log.commitTo(toLogIndex(committed));
  return { log, stable };
}

function termsOf(log: RaftLog): number[] {
  return Array.from({ length: log.lastIndex() }, (_, at) => Number(log.term(toLogIndex(at + 1))));
}

/** What the paper says of AppendEntries (Figure 2, receiver 2 to 5), on a list of terms; null = refused. */
function naiveAppend(own: readonly number[], prevIndex: number, prevTerm: number, sent: readonly number[]) {
  if (prevIndex > 0 && own[prevIndex - 1] !== prevTerm) return null;
  const result = [...own];
  for (const [at, term] of sent.entries()) {
    const place = prevIndex + at;
    if (result[place] === term) continue;
    result.length = Math.min(result.length, place);
    result.push(term);
  }
  return result;
}

test("log matching: an append leaves what the paper's five steps leave, wherever the border of disk and memory is", () => {
  fc.assert(
    fc.property(terms, terms, fc.nat(8), fc.nat(8), fc.nat(8), (own, leader, prev, border, leaderCommit) => {
      const prevIndex = Math.min(prev, leader.length);
      const prevTerm = prevIndex === 0 ? 0 : (leader[prevIndex - 1] as number);
      const sent = leader.slice(prevIndex);
      const { log } = logWith(own, Math.min(border, own.length), 0);
      const entries: Entry[] = sent.map((term, at) => entry(term, prevIndex + at + 1));
      const agreed = log.maybeAppend(entryId(prevTerm, prevIndex), entries, toLogIndex(leaderCommit));
      const expected = naiveAppend(own, prevIndex, prevTerm, sent);
      assert.deepEqual(termsOf(log), expected ?? own);
      assert.equal(agreed, expected === null ? null : prevIndex + sent.length);
      // Never beyond what was compared.
      assert.equal(log.committed, expected === null ? 0 : Math.min(leaderCommit, prevIndex + sent.length));
    }),
  );
});

test("log matching: after the hints of both sides, a probe never skips the place where two logs agree", () => {
  fc.assert(
    fc.property(terms, terms, (own, leader) => {
      const [follower, leading] = [logWith(own, own.length, 0).log, logWith(leader, leader.length, 0).log];
      let agree = 0;
      while (agree < Math.min(own.length, leader.length) && own[agree] === leader[agree]) agree++;
      let next = leader.length;
      let probes = 0;
      while (!follower.matches({ index: toLogIndex(next), term: leading.termOrZero(toLogIndex(next)) })) {
        const at = toLogIndex(Math.min(next, own.length));
        const hint = follower.findConflictByTerm(at, leading.termOrZero(toLogIndex(next)));
        const mine = hint.hintTerm > 0 ? leading.findConflictByTerm(hint.hintIndex, hint.hintTerm) : hint;
        assert.ok(
          mine.hintIndex >= agree,
          `${own} | ${leader}: from ${next} to ${mine.hintIndex}, they agree up to ${agree}`,
        );
        assert.ok(mine.hintIndex < next);
        next = mine.hintIndex;
        probes++;
      }
      // Each probe is the last of a term, in one of the logs.
      assert.ok(probes <= new Set([...own, ...leader]).size + 1);
    }),
  );
});

test("the term of an entry, and slices, are those of a plain list, through appends, writes and compaction", () => {
  fc.assert(
    fc.property(terms, fc.nat(8), fc.nat(8), fc.nat(8), (own, border, cut, low) => {
      const onDisk = Math.min(border, own.length);
      const { log, stable } = logWith(own, onDisk, 0);
      const base = Math.min(cut, onDisk);
      stable.compact(toLogIndex(base));
      for (const [at, term] of own.entries()) {
        const expected = at + 1 < base ? "compacted" : term;
        assert.equal(log.term(toLogIndex(at + 1)), expected);
      }
      const from = Math.max(low, base + 1);
      const got = log.entriesFrom(toLogIndex(from), Number.MAX_SAFE_INTEGER);
      assert.ok(typeof got !== "string");
      assert.deepEqual(
        got.map(({ term }) => Number(term)),
        own.slice(from - 1),
      );
    }),
  );
});

test("a window of appends counts as a plain list of them does", () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant("add" as const), by: fc.integer({ min: 1, max: 5 }), bytes: fc.nat(50) }),
    fc.record({ kind: fc.constant("free" as const), by: fc.nat(12) }),
    fc.record({ kind: fc.constant("reset" as const) }),
  );
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 4 }),
      fc.nat(100),
      fc.array(step, { maxLength: 40 }),
      (countMax, bytesMax, steps) => {
        const window = new Inflights(countMax, bytesMax);
        let naive: { index: number; bytes: number }[] = [];
        let last = 0;
        for (const one of steps) {
          if (one.kind === "reset") {
            window.reset();
            naive = [];
          } else if (one.kind === "free") {
            const upTo = Math.max(0, last - one.by);
            window.freeUpTo(toLogIndex(upTo));
            naive = naive.filter(({ index }) => index > upTo);
          } else if (!window.isFull()) {
            last += one.by;
            window.add(toLogIndex(last), one.bytes);
            naive.push({ index: last, bytes: one.bytes });
          }
          const bytes = naive.reduce((sum, item) => sum + item.bytes, 0);
          assert.equal(window.count, naive.length);
          assert.equal(window.isFull(), naive.length >= countMax || (bytesMax > 0 && bytes >= bytesMax));
        }
      },
    ),
  );
});
