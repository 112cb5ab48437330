import assert from "node:assert/strict";
import { test } from "node:test";
import type { ConfChangeOperation, Entry } from "../../../../raft/core/entry.ts";
import type { RaftCore } from "../../../../raft/core/raft-core.ts";
import type { Snapshot } from "../../../../raft/core/snapshot.ts";
import { toLogIndex, toTerm } from "../../../../raft/ids.ts";
import { boot } from "../../../../raft/node/boot.ts";
import { DEFAULT_SNAPSHOT_SETTINGS } from "../../../../raft/node/node-options.ts";
import { silentLogger } from "../../../../shared/log.ts";
import { seededRandom } from "../../../../shared/ports/seeded-random.ts";
import { MemoryRaftStorage } from "../../../support/memory-storage.ts";
import { VirtualClock } from "../../../support/virtual-clock.ts";
import { entry, id, snapshotOf } from "../core/fixture.ts";

function change(index: number, kind: ConfChangeOperation["kind"], member: number): Entry {
  const operation = { kind, id: id(member) };
  const conf = { transition: "auto", operations: [operation], member: null } as const;
  return { kind: "confChange", term: toTerm(1), index: toLogIndex(index), change: conf };
}

/** A member that wakes up with this on its disk. */
async function coreAfterBoot(
  written: number,
  entries: readonly Entry[],
  snapshot: Snapshot | null = null,
): Promise<RaftCore> {
  const random = seededRandom(1);
  const storage = new MemoryRaftStorage();
  const hardState = { term: toTerm(1), vote: id(1), commit: toLogIndex(written) };
  await storage.initialise({ clusterId: "c", raftId: id(1), era: 0 }, { hardState, entries, snapshot, sync: true });
  const { core } = await boot(
    {
      clusterId: "c",
      nodeId: "n",
      address: "a:1",
      begin: { kind: "resume" },
      storage,
      transport: { start() {}, setMembers() {}, addressOf: () => null, send() {}, async [Symbol.asyncDispose]() {} },
      stateMachine: { apply() {}, *snapshot() {}, *restore() {} },
      snapshotSettings: () => DEFAULT_SNAPSHOT_SETTINGS,
      clock: new VirtualClock(),
      random,
      log: silentLogger,
    },
    () => {},
  );
  return core;
}

async function commitAfterBoot(written: number, entries: readonly Entry[]): Promise<number> {
  return (await coreAfterBoot(written, entries)).commit;
}

test("a member whose snapshot is newer than the commit index on its disk begins at the snapshot", async () => {
  const core = await coreAfterBoot(0, [], snapshotOf(1, 7, [1]));
  assert.deepEqual([core.commit, core.applied].map(Number), [7, 7]);
});

test("a change of membership that another one follows counts as committed, whatever was written of that", async () => {
  const log = [
    change(1, "addVoter", 1),
    change(2, "addLearner", 2),
    change(3, "addVoter", 2),
    entry(1, 4, "x"),
    change(5, "addVoter", 3),
    entry(1, 6, "y"),
  ];
  assert.equal(await commitAfterBoot(1, log), 3);
  assert.equal(await commitAfterBoot(4, log), 4, "what is known to be committed is not forgotten");
});

test("the last change of membership may still be undone", async () => {
  assert.equal(await commitAfterBoot(1, [change(1, "addVoter", 1), change(2, "addVoter", 2)]), 1);
  assert.equal(await commitAfterBoot(0, [change(1, "addVoter", 1)]), 0);
});
