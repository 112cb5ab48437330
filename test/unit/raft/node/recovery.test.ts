import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { applyConfChange, assign, ConfChangeRefused } from "../../../../raft/core/conf-change.ts";
import type { ConfChange, ConfChangeOperation, Entry } from "../../../../raft/core/entry.ts";
import type { RaftCore } from "../../../../raft/core/raft-core.ts";
import { RaftCore as Core } from "../../../../raft/core/raft-core.ts";
import { EMPTY_CONF_STATE, type Snapshot } from "../../../../raft/core/snapshot.ts";
import { StableLog } from "../../../../raft/core/stable-log.ts";
import { isJoint, Tracker, toConfState } from "../../../../raft/core/tracker.ts";
import { INDEX_ZERO, type RaftId, toLogIndex, toTerm } from "../../../../raft/ids.ts";
import { createCoreOptions } from "../../../../raft/node/core-options.ts";
import { MemberDirectory } from "../../../../raft/node/member-directory.ts";
import { type Recovery, recoverAlone } from "../../../../raft/node/recovery.ts";
import type { StoredState } from "../../../../raft/storage/raft-storage.ts";
import { seededRandom } from "../../../../shared/ports/seeded-random.ts";
import { entry, id } from "../core/fixture.ts";

const SELF = id(2);
const SURVIVOR = { nodeId: "n2", address: "10.0.0.22:2377" };
const BASE = { term: toTerm(0), index: INDEX_ZERO };

function member(raftId: RaftId) {
  return { raftId, nodeId: `n${raftId}`, address: `10.0.0.${raftId}:2377` };
}

function change(index: number, change: ConfChange): Entry {
  return { kind: "confChange", term: toTerm(1), index: toLogIndex(index), change };
}

function simple(kind: ConfChangeOperation["kind"], raftId: number): ConfChange {
  const isIn = kind === "addVoter" || kind === "addLearner";
  return { transition: "auto", operations: [{ kind, id: id(raftId) }], member: isIn ? member(id(raftId)) : null };
}

const JOINT: ConfChange = {
  transition: "jointExplicit",
  operations: [
    { kind: "addVoter", id: id(4) },
    { kind: "remove", id: id(1) },
  ],
  member: member(id(4)),
};
const THREE = [simple("addVoter", 1), simple("addVoter", 2), simple("addVoter", 3)];

/** A member's disk: changes from index 1 on, with an entry of somebody's data after each. */
function disk(changes: readonly ConfChange[], commit = 0, snapshot: Snapshot | null = null): StoredState {
  const entries = changes.flatMap((each, at) => [change(2 * at + 1, each), entry(1, 2 * at + 2)]);
  const hardState = { term: toTerm(7), vote: id(1), commit: toLogIndex(commit) };
  const identity = { clusterId: "c", raftId: SELF, era: 0 };
  return { identity, hardState, snapshot, base: BASE, entries };
}

/** The disk once the recovery is written. */
function written(stored: StoredState, { batch, identity }: Recovery): StoredState {
  const log = new StableLog(stored.base, stored.entries, stored.snapshot);
  log.append(batch.entries);
  return { ...stored, ...log.contents, hardState: batch.hardState, identity };
}

interface Alone {
  readonly core: RaftCore;
  readonly directory: MemberDirectory;
  readonly texts: readonly string[];
}

/** What becomes of the member when it starts from this disk: nobody answers it. */
function start(stored: StoredState): Alone {
  const { hardState, snapshot, base, entries } = stored;
  const stable = new StableLog(base, entries, snapshot);
  const directory = new MemberDirectory();
  if (snapshot !== null) directory.restore(snapshot.meta);
  const core = new Core(
    createCoreOptions(SELF, seededRandom(1), () => {}),
    {
      hardState,
      confState: snapshot?.meta.confState ?? EMPTY_CONF_STATE,
      applied: snapshot?.meta.index ?? INDEX_ZERO,
      log: stable,
    },
  );
  const texts: string[] = [];
  const settle = (): void => {
    while (core.hasReady()) {
      const ready = core.takeReady();
      stable.append(ready.entries);
      for (const input of ready.afterPersist) core.step(input);
      for (const each of ready.committed) {
        if (each.kind === "confChange") {
          core.step({ kind: "confChangeApplied", change: each.change });
          directory.apply(each.change, core.configuration);
        } else if (each.data.length > 0) texts.push(new TextDecoder().decode(each.data));
      }
      if (ready.afterApply !== null) core.step(ready.afterApply);
    }
  };
  settle();
  core.step({ kind: "campaign" });
  settle();
  return { core, directory, texts };
}

function textsOf(entries: readonly Entry[]): string[] {
  return entries.flatMap((each) => (each.kind === "normal" ? [new TextDecoder().decode(each.data)] : []));
}

function assertAlone({ core, directory }: Alone): void {
  assert.deepEqual(core.confState, { ...EMPTY_CONF_STATE, voters: [SELF] });
  assert.equal(core.role, "leader");
  assert.equal(core.commit, core.lastIndex);
  assert.deepEqual(directory.members, [{ raftId: SELF, ...SURVIVOR }]);
}

const CASES: readonly (readonly [string, readonly ConfChange[], readonly number[], boolean])[] = [
  ["three voters", THREE, [1, 3], false],
  ["five voters", [...THREE, simple("addVoter", 4), simple("addVoter", 5)], [1, 3, 4, 5], false],
  ["another learner", [...THREE, simple("addLearner", 4)], [1, 3, 4], false],
  ["a learner that is left", [simple("addVoter", 1), simple("addLearner", 2), simple("addVoter", 3)], [1, 3], true],
  ["a joint configuration", [...THREE, JOINT], [1, 3, 4], false],
  ["one that is alone already", [simple("addVoter", 2)], [], false],
];
for (const [what, changes, removed, wasLearner] of CASES) {
  for (const commit of [0, 3, 2 * changes.length]) {
    test(`made anew out of ${what}, committed up to ${commit}: this member leads alone, with all entries`, () => {
      const stored = disk(changes, Math.min(commit, 2 * changes.length));
      const recovery = recoverAlone(stored, SURVIVOR);
      assert.deepEqual(
        recovery.removed.map(({ raftId }) => raftId),
        removed.map(id),
      );
      assert.equal(recovery.wasLearner, wasLearner);
      assert.equal(recovery.identity.era, 1);
      const alone = start(written(stored, recovery));
      assertAlone(alone);
      assert.deepEqual(alone.texts, textsOf(stored.entries));
    });
  }
}

test("ids of the lost ones, and of all before them, are used up", () => {
  const stored = disk([...THREE, simple("addVoter", 4), simple("remove", 4)]);
  const { directory } = start(written(stored, recoverAlone(stored, SURVIVOR)));
  assert.deepEqual(directory.removed, [1, 3, 4].map(id));
  assert.equal(directory.freshId(), 5);
});

test("its own removal does not come to be if nobody is known to have agreed to it", () => {
  const stored = disk([...THREE, simple("addVoter", 4), simple("remove", 2)], 8);
  const alone = start(written(stored, recoverAlone(stored, SURVIVOR)));
  assertAlone(alone);
  assert.deepEqual(alone.texts, textsOf(stored.entries));
});

test("a manager whose removal was agreed upon, and one that never received anything, have nothing to go on with", () => {
  assert.throws(
    () => recoverAlone(disk([...THREE, simple("remove", 2)], 7), SURVIVOR),
    /was removed from the managers/,
  );
  const empty = { ...disk([]), hardState: { term: toTerm(0), vote: null, commit: INDEX_ZERO } };
  assert.throws(() => recoverAlone(empty, SURVIVOR), /never received anything/);
});

const operation = fc.record({
  kind: fc.constantFrom("addVoter" as const, "addLearner" as const, "remove" as const, "leave" as const),
  raftId: fc.integer({ min: 1, max: 6 }),
  isJoint: fc.boolean(),
});

test("whatever happened to the group before, cut anywhere by a snapshot: alone, leading, nothing lost", () => {
  const claim = fc.property(fc.array(operation, { maxLength: 20 }), fc.nat(), fc.nat(), (operations, cut, known) => {
    const { changes, states } = historyOf(operations);
    const whole = disk(changes);
    const snapshotAt = cut % (changes.length + 1);
    const snapshot = snapshotAt === 0 ? null : (states[snapshotAt - 1] ?? null);
    const from = snapshot?.meta.index ?? 0;
    const commit = from + (known % (whole.entries.length - from + 1));
    const hardState = { term: toTerm(7), vote: null, commit: toLogIndex(commit) };
    const stored = { ...whole, hardState, snapshot };
    const alone = start(written(stored, recoverAlone(stored, SURVIVOR)));
    assertAlone(alone);
    assert.deepEqual(alone.texts, textsOf(whole.entries.filter(({ index }) => index > from)));
  });
  fc.assert(claim, { numRuns: 300 });
});

/** Of these changes those that a leader could have made, after this member was added; and the snapshot after each. */
function historyOf(operations: readonly { kind: string; raftId: number; isJoint: boolean }[]) {
  const tracker = new Tracker({ inflightCountMax: 1, inflightBytesMax: 0 });
  const directory = new MemberDirectory();
  const changes: ConfChange[] = [];
  const states: Snapshot[] = [];
  const make = (each: ConfChange): void => {
    const before = { configuration: tracker.configuration, progress: tracker.progress };
    try {
      assign(tracker, applyConfChange(tracker, INDEX_ZERO, each));
    } catch (error) {
      if (error instanceof ConfChangeRefused) return;
      throw error;
    }
    if (!tracker.ids.includes(SELF)) {
      assign(tracker, before);
      return;
    }
    changes.push(each);
    directory.apply(each, tracker.configuration);
    const index = toLogIndex(2 * changes.length);
    const { members, removed } = directory;
    const meta = { index, term: toTerm(1), confState: toConfState(tracker.configuration), members, removed };
    states.push({ meta, data: new Uint8Array(0) });
  };
  for (const first of [simple("addVoter", 2), simple("addVoter", 1)]) make(first);
  for (const { kind, raftId, isJoint: asJoint } of operations) {
    if (kind === "leave") make({ transition: "auto", operations: [], member: null });
    else if (raftId !== SELF && !(isJoint(tracker.configuration) && asJoint)) {
      make({ ...simple(kind as "remove", raftId), transition: asJoint ? "jointExplicit" : "auto" });
    }
  }
  return { changes, states };
}
