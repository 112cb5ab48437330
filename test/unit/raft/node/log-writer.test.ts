import assert from "node:assert/strict";
import { test } from "node:test";
import { toLogIndex, toTerm } from "../../../../raft/core/ids.ts";
import type { HardState } from "../../../../raft/core/options.ts";
import type { Ready } from "../../../../raft/core/ready.ts";
import { boot } from "../../../../raft/node/boot.ts";
import { LogWriter } from "../../../../raft/node/log-writer.ts";
import { MemoryRaftStorage } from "../../../../raft/storage/memory-storage.ts";
import type { WriteBatch } from "../../../../raft/storage/raft-storage.ts";
import { silentLogger } from "../../../../shared/log.ts";
import { seededRandom } from "../../../../shared/ports/seeded-random.ts";
import { VirtualClock } from "../../../support/virtual-clock.ts";
import { entry, id, snapshotOf } from "../core/fixture.ts";

const hardState = (commit: number): HardState => ({ term: toTerm(1), vote: id(1), commit: toLogIndex(commit) });

function ready(parts: Partial<Ready>): Ready {
  return {
    softState: null,
    hardState: null,
    entries: [],
    snapshot: null,
    mustSync: false,
    messages: [],
    messagesAfterPersist: [],
    afterPersist: [],
    committed: [],
    afterApply: null,
    readStates: [],
    ...parts,
  };
}

class RecordingStorage extends MemoryRaftStorage {
  readonly batches: WriteBatch[] = [];

  override async write(batch: WriteBatch): Promise<void> {
    this.batches.push(batch);
    await super.write(batch);
  }
}

test("a commit index alone waits for the next entries and is written with them, synced once", async () => {
  const storage = new RecordingStorage();
  const writer = new LogWriter(storage);
  await writer.write(ready({ hardState: hardState(1) }));
  await writer.write(ready({ hardState: hardState(2) }));
  assert.deepEqual(storage.batches, []);
  const entries = [entry(1, 1)];
  await writer.write(ready({ entries, mustSync: true }));
  assert.deepEqual(storage.batches, [{ hardState: hardState(2), entries, snapshot: null, sync: true }]);
});

test("a term or a vote is written at once, and a newer one takes the place of what waits", async () => {
  const storage = new RecordingStorage();
  const writer = new LogWriter(storage);
  await writer.write(ready({ hardState: hardState(1) }));
  const voted = { ...hardState(1), term: toTerm(2) };
  await writer.write(ready({ hardState: voted, mustSync: true }));
  assert.deepEqual(storage.batches, [{ hardState: voted, entries: [], snapshot: null, sync: true }]);
});

test("what waits is written by a flush, unsynced and once", async () => {
  const storage = new RecordingStorage();
  const writer = new LogWriter(storage);
  await writer.flush();
  await writer.write(ready({ hardState: hardState(3) }));
  await writer.flush();
  await writer.flush();
  assert.deepEqual(storage.batches, [{ hardState: hardState(3), entries: [], snapshot: null, sync: false }]);
});

test("a member whose snapshot is newer than the commit index on its disk begins at the snapshot", async () => {
  const storage = new MemoryRaftStorage();
  const random = seededRandom(1);
  const snapshot = snapshotOf(1, 7, [1]);
  await storage.initialise(
    { clusterId: "c", raftId: id(1) },
    { hardState: hardState(0), entries: [], snapshot, sync: true },
  );
  const { core } = await boot(
    {
      clusterId: "c",
      nodeId: "n",
      address: "a:1",
      begin: { kind: "resume" },
      storage,
      transport: { start() {}, setMembers() {}, send() {}, async [Symbol.asyncDispose]() {} },
      stateMachine: { apply() {}, *snapshot() {}, *restore() {} },
      clock: new VirtualClock(),
      random,
      log: silentLogger,
    },
    () => {},
  );
  assert.deepEqual([core.commit, core.applied].map(Number), [7, 7]);
});
