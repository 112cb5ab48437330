import assert from "node:assert/strict";
import { test } from "node:test";
import { toLogIndex, toRaftId, toTerm } from "../../../../raft/ids.ts";
import { BASE_KEY, chunkKey, entryKey, HARD_STATE_KEY, META_KEY, SNAPSHOT_KEY } from "../../../../raft/storage/keys.ts";
import { checksumCodec, DamagedRecord } from "../../../../raft/storage/record-codec.ts";
import { RaftStorageError, type StorageFault } from "../../../../raft/storage/storage-error.ts";
import type { Logger } from "../../../../shared/log.ts";
import { silentLogger } from "../../../../shared/log.ts";
import { batchOf, entryAt, IDENTITY, Place, type RawDatabase, snapshotAt } from "./places.ts";

type Damage = readonly [what: string, damage: (db: RawDatabase) => Promise<unknown>, sentence: RegExp];

/** Done to a log with entries 1 to 5, of which 3 are committed. */
const DAMAGES: readonly Damage[] = [
  ["an entry in the middle is gone", (db) => db.del(entryKey(2)), /entry 2 is missing/],
  ["an entry after the commit index is gone, with one behind it", (db) => db.del(entryKey(4)), /entry 4 is missing/],
  ["committed entries at the end are gone", (db) => removeEntries(db, 3, 4, 5), /committed, but the log ends at 2/],
  [
    "a bit of a committed entry has flipped",
    (db) => flip(db, entryKey(3)),
    /committed: .* was altered after it was written/,
  ],
  ["an entry is bad, with a whole one behind it", (db) => flip(db, entryKey(4)), /and whole entries follow it/],
  ["a bit of the vote has flipped", (db) => flip(db, HARD_STATE_KEY), /record hard was altered after it was written/],
  ["the vote is gone", (db) => db.del(HARD_STATE_KEY), /the record of its vote is missing/],
  ["the identity is gone", (db) => db.del(META_KEY), /record meta is missing/],
  ["a bit of the identity has flipped", (db) => flip(db, META_KEY), /record meta was altered after it was written/],
  [
    "a committed entry lies in another's place",
    (db) => move(db, entryKey(4), entryKey(2)),
    /was altered after it was written/,
  ],
  ["a committed entry is cut short", (db) => cut(db, entryKey(1), 20), /is cut short/],
  ["a committed entry is empty", (db) => cut(db, entryKey(1), 0), /unknown format/],
  [
    "a record was put in that anyone can make",
    (db) => db.put(HARD_STATE_KEY, checksumCodec.seal(HARD_STATE_KEY, Buffer.from('{"term":1,"vote":2,"commit":3}'))),
    /record hard is not encrypted/,
  ],
];

for (const [what, damage, sentence] of DAMAGES) {
  test(`a damaged log is refused with what to do: ${what}`, async () => {
    await using place = await Place.createFilled();
    await place.tamper(damage);
    await refuses(place, "corrupt", sentence);
    // Looking at it has not made it worse, or better.
    await refuses(place, "corrupt", sentence);
  });
}

const SNAPSHOT_DAMAGES: readonly Damage[] = [
  ["a piece is gone", (db) => db.del(chunkKey(toLogIndex(3), 1)), /piece 1 of the snapshot at 3 is missing/],
  ["a bit of a piece has flipped", (db) => flip(db, chunkKey(toLogIndex(3), 0)), /was altered after it was written/],
  ["two pieces were exchanged", (db) => exchange(db), /was altered after it was written/],
  ["its description is gone", (db) => db.del(SNAPSHOT_KEY), /the snapshot that stands for entry 2 is gone/],
  ["where the log begins is gone", (db) => db.del(BASE_KEY), /entry 1 is missing/],
  ["where the log begins has flipped", (db) => flip(db, BASE_KEY), /record base was altered after it was written/],
];

for (const [what, damage, sentence] of SNAPSHOT_DAMAGES) {
  test(`a damaged snapshot is refused: ${what}`, async () => {
    await using place = await Place.createFilled();
    {
      await using storage = await place.open();
      await storage.load();
      await storage.saveSnapshot(snapshotAt(3, 1_500_000), toLogIndex(2));
    }
    await place.tamper(damage);
    await refuses(place, "corrupt", sentence);
  });
}

test("entries that a snapshot stands for are committed, also where the commit index was not written yet", async () => {
  await using place = await Place.createFilled();
  {
    await using storage = await place.open();
    await storage.load();
    await storage.saveSnapshot(snapshotAt(5, 100), toLogIndex(2));
  }
  await place.tamper((db) => flip(db, entryKey(5)));
  await refuses(place, "corrupt", /committed: .* was altered after it was written/);
  await place.tamper((db) => db.del(entryKey(5)));
  await refuses(place, "corrupt", /up to 5 were committed, but the log ends at 4/);
});

const TAILS: readonly (readonly [string, (db: RawDatabase) => Promise<unknown>, number])[] = [
  ["the last entry", (db) => flip(db, entryKey(5)), 4],
  ["everything after the commit index", (db) => Promise.all([flip(db, entryKey(4)), cut(db, entryKey(5), 9)]), 3],
];

for (const [what, damage, last] of TAILS) {
  test(`a damaged tail is cut back to the last whole entry, and said so once: ${what}`, async () => {
    await using place = await Place.createFilled();
    await place.tamper(damage);
    const warnings: string[] = [];
    const log: Logger = { ...silentLogger, warn: (message, fields) => warnings.push(`${message} ${fields?.["last"]}`) };
    assert.equal((await place.load({ log })).entries.length, last);
    assert.deepEqual(warnings, [
      `the end of the Raft log was damaged and has been cut off: what is missing comes from the leader ${last}`,
    ]);
    {
      await using storage = await place.open({ log });
      assert.equal((await storage.load()).entries.length, last);
      await storage.write(batchOf({ entries: [entryAt(last + 1)] }));
    }
    assert.equal((await place.load({ log })).entries.length, last + 1);
    assert.equal(warnings.length, 1);
  });
}

test("in a group of one the end that is cut off is lost, and that is said", async () => {
  await using place = await Place.create();
  {
    await using storage = await place.open();
    await storage.load();
    const change = { transition: "auto", operations: [{ kind: "addVoter", id: toRaftId(1) }], member: null } as const;
    const first = { kind: "confChange", term: toTerm(1), index: toLogIndex(1), change } as const;
    const hardState = { term: toTerm(1), vote: null, commit: toLogIndex(1) };
    await storage.initialise(IDENTITY, batchOf({ hardState, entries: [first] }));
    await storage.write(batchOf({ entries: [entryAt(2)] }));
  }
  await place.tamper((db) => flip(db, entryKey(2)));
  const warnings: string[] = [];
  await place.load({ log: { ...silentLogger, warn: (message) => warnings.push(message) } });
  assert.deepEqual(warnings, [
    "the end of the Raft log was damaged and has been cut off: this is the only manager, so nobody has another copy: changes of the last moments before the crash may be lost",
  ]);
});

test("an uncommitted entry at the end that is gone was never promised", async () => {
  await using place = await Place.createFilled();
  await place.tamper((db) => db.del(entryKey(5)));
  assert.equal((await place.load()).entries.length, 4);
});

test("a second process is told that the log is in use", async () => {
  await using place = await Place.createFilled();
  await using _first = await place.open();
  await refuses(place, "inUse", /in use by another swarmd/);
});

test("a record of the old format is checked for its length, its format and its contents", () => {
  const sealed = checksumCodec.seal("k", new Uint8Array([1, 2, 3]));
  assert.deepEqual([...checksumCodec.open("k", sealed)], [1, 2, 3]);
  const unknown = Uint8Array.from(sealed);
  unknown[0] = 9;
  for (const bad of [sealed.subarray(0, 3), sealed.subarray(0, 7), unknown]) {
    assert.throws(() => checksumCodec.open("k", bad), DamagedRecord);
  }
  assert.throws(() => checksumCodec.open("other", sealed), DamagedRecord);
});

async function refuses(place: Place, fault: StorageFault, sentence: RegExp): Promise<void> {
  await assert.rejects(place.load(), (error: unknown) => {
    assert.ok(error instanceof RaftStorageError, String(error));
    assert.equal(error.fault, fault);
    assert.match(error.message, sentence);
    if (fault === "corrupt") assert.match(error.message, /move that directory away and start swarmd again/);
    return true;
  });
}

function removeEntries(db: RawDatabase, ...indexes: readonly number[]): Promise<void> {
  return db.batch(indexes.map((index) => ({ type: "del", key: entryKey(index) })));
}

async function flip(db: RawDatabase, key: string): Promise<void> {
  const record = Uint8Array.from((await db.get(key)) ?? []);
  const last = record.length - 1;
  record[last] = (record[last] ?? 0) ^ 1;
  await db.put(key, record);
}

async function cut(db: RawDatabase, key: string, bytes: number): Promise<void> {
  await db.put(key, ((await db.get(key)) ?? new Uint8Array(0)).subarray(0, bytes));
}

async function move(db: RawDatabase, from: string, to: string): Promise<void> {
  await db.put(to, (await db.get(from)) ?? new Uint8Array(0));
}

async function exchange(db: RawDatabase): Promise<void> {
  const [first, second] = [chunkKey(toLogIndex(3), 0), chunkKey(toLogIndex(3), 1)];
  const held = (await db.get(first)) ?? new Uint8Array(0);
  await move(db, second, first);
  await db.put(second, held);
}
