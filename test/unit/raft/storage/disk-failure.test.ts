import assert from "node:assert/strict";
import { rename } from "node:fs/promises";
import { test } from "node:test";
import { toLogIndex } from "../../../../raft/ids.ts";
import { openLevel, type RecordDatabase } from "../../../../raft/storage/level-database.ts";
import { RaftStorageError } from "../../../../raft/storage/storage-error.ts";
import { LoneManager } from "../../../support/lone-manager.ts";
import { createService } from "../../../support/objects.ts";
import { batchOf, entryAt, Place, snapshotAt } from "./places.ts";

const isDiskFault = (error: unknown): boolean =>
  error instanceof RaftStorageError &&
  error.fault === "disk" &&
  /the disk refused to write the Raft log in/.test(error.message);

test("a write that LevelDB cannot do is a disk's fault, and nothing is written after it", async () => {
  await using place = await Place.createFilled();
  await using storage = await place.open();
  await storage.load();
  // Its journal is full after 4 MiB, and there is no place for the next one.
  await rename(place.directory, `${place.directory}.gone`);
  try {
    const large = (index: number) => ({ ...entryAt(index), data: Buffer.alloc(1024 * 1024) }) as const;
    let failure: unknown = null;
    for (let index = 6; index < 30 && failure === null; index++) {
      await storage.write(batchOf({ entries: [large(index)] })).catch((error: unknown) => {
        failure = error;
      });
    }
    assert.ok(isDiskFault(failure), String(failure));
    await assert.rejects(storage.write(batchOf({ entries: [entryAt(6)] })), isDiskFault);
    await assert.rejects(storage.rotateDataKey(), isDiskFault);
  } finally {
    await rename(`${place.directory}.gone`, place.directory);
  }
});

test("a member whose disk fails ends with that, and what it had not confirmed fails", async () => {
  await using place = await Place.create();
  let batchesLeft = Number.POSITIVE_INFINITY;
  const openDatabase = async (directory: string): Promise<RecordDatabase> => {
    const db = await openLevel(directory);
    return {
      ...db,
      async batch(operations, sync) {
        if (--batchesLeft < 0) throw new RaftStorageError("disk", "the disk refused to write the Raft log in D: full");
        await db.batch(operations, sync);
      },
    };
  };
  await using manager = await LoneManager.start(await place.open({ openDatabase }), "bootstrap");
  await manager.store.update("fits", (tx) => tx.create("service", createService("s1")));
  batchesLeft = 0;
  const lost = manager.store.update("does not", (tx) => tx.create("service", createService("s2")));
  await assert.rejects(lost, { name: "SwarmError" });
  assert.ok(isDiskFault(await manager.node.ended));
});

test("a removal that fails is a write that fails: nothing is written after it", async () => {
  await using place = await Place.createFilled();
  let failed = false;
  let batches = 0;
  const openDatabase = async (directory: string): Promise<RecordDatabase> => {
    const db = await openLevel(directory);
    return {
      ...db,
      batch: (operations, sync) => {
        if (failed) batches++;
        return db.batch(operations, sync);
      },
      clear: async (range) => {
        if (range.gt !== "chunk/" || range.lt === "chunk/00000000000000/") return await db.clear(range);
        failed = true;
        throw new RaftStorageError("disk", "the disk refused to write the Raft log in a test");
      },
    };
  };
  await using storage = await place.open({ openDatabase });
  await storage.load();
  await assert.rejects(storage.saveSnapshot(snapshotAt(3, 10), toLogIndex(2)), isDiskFault);
  await assert.rejects(storage.write(batchOf({ entries: [entryAt(6)] })), isDiskFault);
  assert.equal(batches, 0);
});
