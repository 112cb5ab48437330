import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { Level } from "level";
import { toLogIndex, toRaftId, toTerm } from "../../../../raft/core/ids.ts";
import { entryKey, HARD_STATE_KEY, META_KEY } from "../../../../raft/storage/keys.ts";
import { LevelRaftStorage } from "../../../../raft/storage/level-storage.ts";
import { EMPTY_BATCH } from "../../../../raft/storage/raft-storage.ts";
import { checksumCodec, DamagedRecord } from "../../../../raft/storage/record-codec.ts";
import { SwarmError } from "../../../../shared/errors.ts";
import { entry } from "../core/fixture.ts";

type Database = Level<string, Uint8Array>;

/** Stores entries 1 to 5, of which 3 are committed, lets `damage` at the database, and opens it again. */
async function reopened(damage: (db: Database) => Promise<void>, check: (storage: LevelRaftStorage) => Promise<void>) {
  const directory = await mkdtemp(join(tmpdir(), "raft-damage-"));
  try {
    {
      await using storage = await LevelRaftStorage.open(directory);
      await storage.load();
      const entries = [1, 2, 3, 4, 5].map((index) => entry(1, index));
      const hardState = { term: toTerm(1), vote: null, commit: toLogIndex(3) };
      await storage.initialise({ clusterId: "c", raftId: toRaftId(1) }, { ...EMPTY_BATCH, entries, hardState });
    }
    const db: Database = new Level(directory, { keyEncoding: "utf8", valueEncoding: "view" });
    await damage(db);
    await db.close();
    await using storage = await LevelRaftStorage.open(directory);
    await check(storage);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

const DAMAGES: readonly (readonly [string, (db: Database) => Promise<void>, RegExp])[] = [
  ["an entry in the middle is gone", (db) => db.del(entryKey(2)), /entry 2 is missing/],
  [
    "committed entries at the end are gone",
    (db) => db.batch([3, 4, 5].map((at) => ({ type: "del", key: entryKey(at) }))),
    /committed, but the log ends at 2/,
  ],
  ["a bit of an entry has flipped", (db) => flip(db, entryKey(4)), /fails its checksum/],
  ["a bit of the vote has flipped", (db) => flip(db, HARD_STATE_KEY), /fails its checksum/],
  ["one entry lies in another's place", (db) => move(db, entryKey(4), entryKey(5)), /fails its checksum/],
  [
    "it was written by a later version",
    (db) => db.put(META_KEY, checksumCodec.seal(META_KEY, Buffer.from('{"formatVersion":99}'))),
    /format 99/,
  ],
];

for (const [what, damage, sentence] of DAMAGES) {
  test(`refuses to start on a damaged log: ${what}`, async () => {
    await reopened(damage, async (storage) => {
      await assert.rejects(storage.load(), (error: unknown) => {
        assert.ok(error instanceof SwarmError);
        assert.match(error.message, sentence);
        assert.match(error.message, /remove this manager from the swarm and join it again/);
        return true;
      });
    });
  });
}

test("an uncommitted entry at the end that is gone was never promised", async () => {
  await reopened(
    (db) => db.del(entryKey(5)),
    async (storage) => assert.equal((await storage.load()).entries.length, 4),
  );
});

test("a second process is told that the log is in use", async () => {
  const directory = await mkdtemp(join(tmpdir(), "raft-locked-"));
  try {
    await using _first = await LevelRaftStorage.open(directory);
    await assert.rejects(LevelRaftStorage.open(directory), (error: unknown) => {
      return (
        error instanceof SwarmError &&
        error.code === "failedPrecondition" &&
        /in use by another swarmd/.test(error.message)
      );
    });
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});

test("a record is checked for its length, its format and its contents", () => {
  const sealed = checksumCodec.seal("k", new Uint8Array([1, 2, 3]));
  assert.deepEqual([...checksumCodec.open("k", sealed)], [1, 2, 3]);
  const unknown = Uint8Array.from(sealed);
  unknown[0] = 9;
  for (const bad of [sealed.subarray(0, 3), sealed.subarray(0, 7), unknown]) {
    assert.throws(() => checksumCodec.open("k", bad), DamagedRecord);
  }
  assert.throws(() => checksumCodec.open("other", sealed), DamagedRecord);
});

async function flip(db: Database, key: string): Promise<void> {
  const record = Uint8Array.from((await db.get(key)) ?? []);
  const last = record.length - 1;
  record[last] = (record[last] ?? 0) ^ 1;
  await db.put(key, record);
}

async function move(db: Database, from: string, to: string): Promise<void> {
  await db.put(to, (await db.get(from)) ?? new Uint8Array(0));
}
