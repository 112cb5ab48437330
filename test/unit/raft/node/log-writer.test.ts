import assert from "node:assert/strict";
import { test } from "node:test";
import type { Entry } from "../../../../raft/core/entry.ts";
import type { HardState } from "../../../../raft/core/options.ts";
import type { Ready } from "../../../../raft/core/ready.ts";
import { toLogIndex, toTerm } from "../../../../raft/ids.ts";
import { LogWriter } from "../../../../raft/node/log-writer.ts";
import type { WriteBatch } from "../../../../raft/storage/raft-storage.ts";
import { MemoryRaftStorage } from "../../../support/memory-storage.ts";
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

/** Writes end when the test says so. */
class RecordingStorage extends MemoryRaftStorage {
  readonly batches: WriteBatch[] = [];
  readonly #open: PromiseWithResolvers<void>[] = [];

  override async write(batch: WriteBatch): Promise<void> {
    this.batches.push(batch);
    const end = Promise.withResolvers<void>();
    this.#open.push(end);
    await end.promise;
  }

  async endWrite(error?: Error): Promise<void> {
    const end = this.#open.shift();
    assert.ok(end !== undefined, "a write is under way");
    if (error === undefined) end.resolve();
    else end.reject(error);
    await settled();
  }
}

function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function createWriter() {
  const storage = new RecordingStorage();
  const written: (readonly Ready[])[] = [];
  const failures: unknown[] = [];
  const restoring: PromiseWithResolvers<void>[] = [];
  const writer: LogWriter = new LogWriter(storage, {
    onSnapshotWritten: () => {
      const end = Promise.withResolvers<void>();
      restoring.push(end);
      return end.promise;
    },
    onWritten: (readys) => void written.push(readys),
    onFailure: (error) => void failures.push(error),
  });
  return { storage, writer, written, failures, restoring };
}

test("entries are written with the term at first, then without what only the commit index would add", async () => {
  const { storage, writer, written } = createWriter();
  assert.equal(writer.add(ready({ hardState: hardState(1) })), false);
  assert.equal(writer.add(ready({ hardState: hardState(2) })), false);
  assert.equal(storage.batches.length, 0);
  const entries = [entry(1, 1)];
  const withEntries = ready({ entries, mustSync: true });
  assert.equal(writer.add(withEntries), true);
  assert.deepEqual(storage.batches, [{ hardState: hardState(2), entries, snapshot: null, sync: true }]);
  assert.deepEqual(written, []);
  await storage.endWrite();
  assert.deepEqual(written, [[withEntries]]);
  writer.add(ready({ hardState: hardState(3), entries: [entry(1, 2)], mustSync: true }));
  assert.equal(storage.batches.at(1)?.hardState, null);
  // Its time has come while the disk was busy.
  writer.flush();
  await storage.endWrite();
  writer.add(ready({ entries: [entry(1, 3)], mustSync: true }));
  assert.deepEqual(storage.batches.at(2)?.hardState, hardState(3));
});

test("a term or a vote is written at once, and a newer one takes the place of what waits", () => {
  const { storage, writer } = createWriter();
  writer.add(ready({ hardState: hardState(1) }));
  const voted = { ...hardState(1), term: toTerm(2) };
  writer.add(ready({ hardState: voted, mustSync: true }));
  assert.deepEqual(storage.batches, [{ hardState: voted, entries: [], snapshot: null, sync: true }]);
});

test("what waits is written by a flush, unsynced and once", async () => {
  const { storage, writer, written } = createWriter();
  writer.flush();
  writer.add(ready({ hardState: hardState(3) }));
  writer.flush();
  writer.flush();
  assert.deepEqual(storage.batches, [{ hardState: hardState(3), entries: [], snapshot: null, sync: false }]);
  assert.equal(writer.isBusy, true);
  await storage.endWrite();
  assert.equal(writer.isBusy, false);
  // Whoever waited for the disk is told that it is free.
  assert.deepEqual(written, [[]]);
  // What was not synced may be lost in a crash, so the next synced write has it as well.
  writer.flush();
  assert.equal(storage.batches.length, 1);
  writer.add(ready({ entries: [entry(1, 1)], mustSync: true }));
  assert.deepEqual(storage.batches.at(1)?.hardState, hardState(3));
});

test("a change of membership takes the commit index with it", async () => {
  const { storage, writer } = createWriter();
  writer.add(ready({ hardState: hardState(1), entries: [entry(1, 1)], mustSync: true }));
  await storage.endWrite();
  const change = { transition: "auto", operations: [{ kind: "addVoter", id: id(2) }], member: null } as const;
  const confChange: Entry = { kind: "confChange", term: toTerm(1), index: toLogIndex(2), change };
  writer.add(ready({ hardState: hardState(2), entries: [confChange], mustSync: true }));
  assert.deepEqual(storage.batches.at(1)?.hardState, hardState(2));
});

test("a change of membership that took effect is reported when its commit is on disk", async () => {
  const { storage, writer, written } = createWriter();
  const change = { transition: "auto", operations: [{ kind: "remove", id: id(2) }], member: null } as const;
  const confChange: Entry = { kind: "confChange", term: toTerm(1), index: toLogIndex(2), change };
  writer.add(ready({ hardState: hardState(1), entries: [entry(1, 1), confChange], mustSync: true }));
  await storage.endWrite();
  const effect = ready({ hardState: hardState(2), committed: [confChange] });
  assert.equal(writer.add(effect), true);
  assert.deepEqual(storage.batches.at(-1), { hardState: hardState(2), entries: [], snapshot: null, sync: true });
  assert.equal(written.length, 1);
  await storage.endWrite();
  assert.deepEqual(written.at(-1), [effect]);
});

test("a commit index that only a flush has written counts for no change of membership", async () => {
  const { storage, writer } = createWriter();
  const change = { transition: "auto", operations: [{ kind: "remove", id: id(2) }], member: null } as const;
  const confChange: Entry = { kind: "confChange", term: toTerm(1), index: toLogIndex(2), change };
  writer.add(ready({ hardState: hardState(2) }));
  writer.flush();
  writer.add(ready({ committed: [confChange] }));
  await storage.endWrite();
  assert.deepEqual(storage.batches.at(-1), { hardState: hardState(2), entries: [], snapshot: null, sync: true });
});

test("what gathers during a write shares the next one, and is reported in order", async () => {
  const { storage, writer, written } = createWriter();
  const first = ready({ entries: [entry(1, 1)], mustSync: true });
  const second = ready({ entries: [entry(1, 2), entry(1, 3)], mustSync: true });
  const commit = ready({ hardState: hardState(1) });
  const third = ready({ entries: [entry(2, 3), entry(2, 4)], hardState: hardState(2), mustSync: true });
  for (const one of [first, second, commit, third]) assert.equal(writer.add(one), true);
  await storage.endWrite();
  assert.deepEqual(written, [[first]]);
  assert.deepEqual(storage.batches[1], {
    hardState: hardState(2),
    entries: [entry(1, 2), entry(2, 3), entry(2, 4)],
    snapshot: null,
    sync: true,
  });
  await storage.endWrite();
  assert.deepEqual(written, [[first], [second, commit, third]]);
  assert.equal(writer.isBusy, false);
});

test("a snapshot begins a write of its own, and what follows waits until the state machine has it", async () => {
  const { storage, writer, written, restoring } = createWriter();
  const before = ready({ entries: [entry(1, 1)], mustSync: true });
  const older = ready({ entries: [entry(1, 2)], mustSync: true });
  const snapshot = snapshotOf(1, 7, [1]);
  const restored = ready({ snapshot, mustSync: true });
  const after = ready({ entries: [entry(1, 8)], mustSync: true });
  for (const one of [before, older, restored, after]) writer.add(one);
  await storage.endWrite();
  await storage.endWrite();
  assert.deepEqual(storage.batches[2], { hardState: null, entries: [entry(1, 8)], snapshot, sync: true });
  await storage.endWrite();
  assert.deepEqual(written, [[before], [older]]);
  restoring[0]?.resolve();
  await settled();
  assert.deepEqual(written.at(-1), [restored, after]);
});

test("after a failed write nothing is written or promised any more", async () => {
  const { storage, writer, written, failures } = createWriter();
  writer.add(ready({ entries: [entry(1, 1)], mustSync: true }));
  writer.add(ready({ entries: [entry(1, 2)], mustSync: true }));
  const error = new Error("the disk is gone");
  await storage.endWrite(error);
  writer.add(ready({ entries: [entry(1, 3)], mustSync: true }));
  writer.flush();
  await settled();
  assert.deepEqual([failures, written, storage.batches.length], [[error], [], 1]);
  await writer.idle();
});
