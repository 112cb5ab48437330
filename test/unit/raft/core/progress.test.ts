import assert from "node:assert/strict";
import { test } from "node:test";
import { Inflights } from "../../../../raft/core/inflights.ts";
import { Progress, type ProgressState } from "../../../../raft/core/progress.ts";
import { toLogIndex } from "../../../../raft/ids.ts";

function progressOf(state: ProgressState, match: number, next: number, pendingSnapshot = 0): Progress {
  const progress = new Progress(toLogIndex(next), false, new Inflights(4, 0));
  progress.match = toLogIndex(match);
  progress.state = state;
  progress.pendingSnapshot = toLogIndex(pendingSnapshot);
  return progress;
}

const facts = ({ state, match, next }: Progress) => ({ state, match: Number(match), next: Number(next) });

test("a stale acknowledgement never lowers match", () => {
  const progress = progressOf("replicate", 5, 9);
  assert.equal(progress.maybeUpdate(toLogIndex(4)), false);
  assert.equal(progress.maybeUpdate(toLogIndex(5)), false);
  assert.deepEqual(facts(progress), { state: "replicate", match: 5, next: 9 });
  assert.equal(progress.maybeUpdate(toLogIndex(9)), true);
  assert.deepEqual(facts(progress), { state: "replicate", match: 9, next: 10 });
});

const REJECTIONS: readonly (readonly [string, ProgressState, number, number, number, number, boolean, number])[] = [
  // claim, state, match, next, rejected, hint, counts, next after
  ["replicate: what is acknowledged cannot be rejected any more", "replicate", 5, 10, 5, 5, false, 10],
  ["replicate: older than what is acknowledged", "replicate", 5, 10, 4, 2, false, 10],
  ["replicate: begins anew after match", "replicate", 5, 10, 9, 9, true, 6],
  ["probe: not the append that is under way", "probe", 0, 10, 5, 5, false, 10],
  ["probe: goes where the hint points", "probe", 0, 10, 9, 2, true, 3],
  ["probe: not beyond what was rejected", "probe", 0, 10, 9, 20, true, 9],
  ["probe: never to match or below", "probe", 4, 10, 9, 1, true, 5],
];

for (const [claim, state, match, next, rejected, hint, counts, after] of REJECTIONS) {
  test(`rejection, ${claim}`, () => {
    const progress = progressOf(state, match, next);
    assert.equal(progress.maybeDecrease(toLogIndex(rejected), toLogIndex(hint)), counts);
    assert.equal(Number(progress.next), after);
    assert.ok(progress.match < progress.next);
  });
}

const TRANSITIONS: readonly (readonly [string, Progress, (progress: Progress) => void, object])[] = [
  ["replicate to probe", progressOf("replicate", 1, 8), (p) => p.becomeProbe(), { state: "probe", match: 1, next: 2 }],
  [
    "snapshot that arrived",
    progressOf("snapshot", 1, 11, 10),
    (p) => p.becomeProbe(),
    { state: "probe", match: 1, next: 11 },
  ],
  [
    "snapshot that failed",
    progressOf("snapshot", 1, 11, 0),
    (p) => p.becomeProbe(),
    { state: "probe", match: 1, next: 2 },
  ],
  [
    "probe to replicate",
    progressOf("probe", 3, 9),
    (p) => p.becomeReplicate(),
    { state: "replicate", match: 3, next: 4 },
  ],
  [
    "to snapshot",
    progressOf("probe", 3, 4),
    (p) => p.becomeSnapshot(toLogIndex(20)),
    { state: "snapshot", match: 3, next: 21 },
  ],
];

for (const [claim, progress, run, expected] of TRANSITIONS) {
  test(`transition, ${claim}`, () => {
    run(progress);
    assert.deepEqual(facts(progress), expected);
  });
}

test("in probe one append at a time, in replicate until the window is full, in snapshot none", () => {
  const probe = progressOf("probe", 0, 1);
  probe.sentEntries(0, 0);
  assert.equal(probe.isPaused(), false, "an empty append asks nothing");
  probe.sentEntries(1, 10);
  assert.equal(probe.isPaused(), true);

  const replicate = progressOf("replicate", 0, 1);
  for (let sent = 1; sent <= 4; sent++) {
    assert.equal(replicate.isPaused(), false);
    replicate.sentEntries(2, 10);
  }
  assert.equal(replicate.isPaused(), true);
  assert.equal(Number(replicate.next), 9);

  assert.equal(progressOf("snapshot", 0, 5, 4).isPaused(), true);
});

test("an empty append is worth sending only when it tells the peer a commit index it can use", () => {
  const progress = progressOf("replicate", 5, 8);
  progress.sentCommit(toLogIndex(5));
  assert.equal(progress.canBumpCommit(toLogIndex(5)), false, "known already");
  assert.equal(progress.canBumpCommit(toLogIndex(6)), true);
  progress.sentCommit(toLogIndex(7));
  assert.equal(progress.canBumpCommit(toLogIndex(9)), false, "it has nothing beyond 7 to commit");
  progress.maybeDecrease(toLogIndex(7), toLogIndex(5));
  assert.equal(progress.canBumpCommit(toLogIndex(6)), false, "next fell back to 6, so 5 is all it can commit");
});
