import assert from "node:assert/strict";
import { test } from "node:test";
import { toLogIndex, toTerm } from "../../../../raft/ids.ts";
import { entryKey } from "../../../../raft/storage/keys.ts";
import { RaftStorageError } from "../../../../raft/storage/storage-error.ts";
import { batchOf, entryAt, IDENTITY, Place, snapshotAt } from "./places.ts";

const entriesOf = (from: number, to: number, term = 1) =>
  Array.from({ length: to - from + 1 }, (_, at) => entryAt(from + at, term));

async function filled(...writes: readonly (readonly [from: number, to: number, term?: number])[]): Promise<Place> {
  const place = await Place.create();
  await using storage = await place.open();
  await storage.load();
  await storage.initialise(IDENTITY, batchOf({ hardState: { term: toTerm(9), vote: null, commit: toLogIndex(0) } }));
  for (const [from, to, term] of writes) await storage.write(batchOf({ entries: entriesOf(from, to, term) }));
  return place;
}

async function keysOf(place: Place): Promise<readonly number[]> {
  const keys: string[] = [];
  await place.tamper(async (db) => {
    for await (const key of db.keys()) keys.push(key);
  });
  return Array.from({ length: 40 }, (_, at) => at).filter((index) => keys.includes(entryKey(index)));
}

const termsOf = (entries: readonly { readonly term: number }[]) => entries.map(({ term }) => term).join("");

test("the entries of a write share a record", async () => {
  await using place = await filled([1, 3], [4, 4], [5, 9]);
  assert.deepEqual(await keysOf(place), [1, 4, 5]);
  assert.deepEqual((await place.load()).entries, entriesOf(1, 9));
});

test("an overwrite from within a record cuts it, and removes those behind it", async () => {
  await using place = await filled([1, 3], [4, 8], [9, 10], [6, 6, 2]);
  assert.deepEqual(await keysOf(place), [1, 4, 6]);
  assert.equal(termsOf((await place.load()).entries), "111112");
});

test("an overwrite from a record's first entry replaces it", async () => {
  await using place = await filled([1, 3], [4, 8], [4, 5, 2], [5, 7, 3]);
  assert.deepEqual(await keysOf(place), [1, 4, 5]);
  assert.equal(termsOf((await place.load()).entries), "1112333");
});

test("a record is kept while one of its entries is not compacted", async () => {
  await using place = await filled([1, 3], [4, 8], [9, 10]);
  {
    await using storage = await place.open();
    await storage.load();
    await storage.saveSnapshot(snapshotAt(9, 10), toLogIndex(6));
  }
  assert.deepEqual(await keysOf(place), [4, 9]);
  const { base, entries } = await place.load();
  assert.deepEqual([base.index, entries], [6, entriesOf(7, 10)]);
  {
    await using storage = await place.open();
    await storage.load();
    await storage.write(batchOf({ entries: entriesOf(8, 10, 2) }));
    await storage.saveSnapshot(snapshotAt(10, 10), toLogIndex(10));
  }
  assert.deepEqual(await keysOf(place), []);
  assert.deepEqual((await place.load()).base, { term: 2, index: 10 });
});

test("a damaged record with a committed entry in it is refused, though others in it were not", async () => {
  await using place = await filled([1, 3], [4, 8]);
  {
    await using storage = await place.open();
    await storage.load();
    await storage.write(batchOf({ hardState: { term: toTerm(9), vote: null, commit: toLogIndex(4) } }));
  }
  await place.tamper((db) => db.put(entryKey(4), new Uint8Array(60)));
  await assert.rejects(place.load(), RaftStorageError);
});
