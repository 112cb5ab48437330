import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { toLogIndex, toTerm } from "../../../../raft/ids.ts";
import { createDataKey, DATA_KEY_FILE, DataKeyFile } from "../../../../raft/storage/data-keys.ts";
import { META_KEY } from "../../../../raft/storage/keys.ts";
import { openLevel, type RecordDatabase } from "../../../../raft/storage/level-database.ts";
import type { LevelRaftStorage } from "../../../../raft/storage/level-storage.ts";
import { aesGcm } from "../../../../raft/storage/ports/aes-gcm.ts";
import type { StoredState } from "../../../../raft/storage/raft-storage.ts";
import { checksumCodec } from "../../../../raft/storage/record-codec.ts";
import { keyIdOf, SealedCodec } from "../../../../raft/storage/sealed-codec.ts";
import type { KeyFiles } from "../../../../shared/pki/ports/key-files.ts";
import { systemRandom } from "../../../../shared/ports/system-random.ts";
import type { MemoryKeyFiles } from "../../../support/level-storage.ts";
import { waitFor } from "../../../support/wait.ts";
import { batchOf, entryAt, Place, SECRET, snapshotAt } from "./places.ts";

const LOOK_MS = 2;

/** More than one slot of re-encryption, so that it can be interrupted between two. */
const ENTRIES = 300;
const SNAPSHOT_BYTES = 600_000;

async function createLarge(): Promise<Place> {
  const place = await Place.createFilled();
  await using storage = await place.open();
  await storage.load();
  const entries = Array.from({ length: ENTRIES - 5 }, (_, at) => entryAt(6 + at));
  await storage.write(batchOf({ entries, hardState: { term: toTerm(1), vote: null, commit: toLogIndex(200) } }));
  await storage.saveSnapshot(snapshotAt(150, SNAPSHOT_BYTES), toLogIndex(20));
  return place;
}

/** Makes of the log what first light would have written: the same records with a checksum only, and no key. */
async function toPlain(place: Place): Promise<void> {
  const ring = await new DataKeyFile(place.keys, aesGcm).load();
  assert.ok(ring !== null);
  const codec = new SealedCodec(ring, aesGcm, systemRandom);
  await place.tamper(async (db) => {
    for await (const [key, record] of db.iterator()) {
      const bytes = Buffer.from(codec.open(key, record));
      const text = key === META_KEY ? bytes.toString().replace('"formatVersion":2', '"formatVersion":1') : null;
      await db.put(key, checksumCodec.seal(key, text === null ? bytes : Buffer.from(text)));
    }
  });
  await place.keys.remove(DATA_KEY_FILE);
}

test("after a rotation everything is of the new key, the old one is gone, and nothing has changed", async () => {
  await using place = await createLarge();
  const before = digest(await place.load());
  const oldId = (await ringOf(place.keys)).current.id;
  {
    await using storage = await place.open();
    await storage.load();
    await storage.rotateDataKey();
  }
  await checkFinished(place);
  assert.notEqual((await ringOf(place.keys)).current.id, oldId);
  assert.equal(digest(await place.load()), before);
  // Not even in what LevelDB keeps of overwritten records.
  const old = Buffer.alloc(5, 2);
  old.writeUInt32BE(oldId, 1);
  for (const bytes of await filesOf(place)) assert.equal(bytes.indexOf(old), -1);
});

test("the log is written and cut while keys are changed", async () => {
  await using place = await createLarge();
  {
    await using storage = await place.open();
    await storage.load();
    const rotations = [storage.rotateDataKey(), storage.rotateDataKey()];
    let last = ENTRIES;
    let over = false;
    const all = Promise.all(rotations).then(() => {
      over = true;
    });
    for (let round = 0; !over || round < 20; round++) {
      // Every third overwrites what the one before wrote.
      last += round % 3 === 2 ? 0 : 1;
      await storage.write(batchOf({ entries: [entryAt(last)] }));
      if (round === 5) await storage.saveSnapshot(snapshotAt(180, 300_000), toLogIndex(100));
    }
    await all;
    await storage.write(batchOf({ entries: [entryAt(ENTRIES + 1), entryAt(ENTRIES + 2)] }));
  }
  await checkFinished(place);
  const state = await place.load();
  assert.equal(Number(state.base.index), 100);
  assert.equal(Number(state.entries.at(-1)?.index), ENTRIES + 2);
  assert.equal(state.snapshot?.data.length, 300_000);
});

test("a log from before encryption is encrypted in place, and nothing readable stays behind", async () => {
  await using place = await createLarge();
  const before = digest(await place.load());
  await toPlain(place);
  assert.ok((await filesOf(place)).some((bytes) => bytes.includes(SECRET)));
  await untilFinished(place);
  await checkFinished(place);
  assert.equal(digest(await place.load()), before);
  for (const bytes of await filesOf(place)) assert.equal(bytes.indexOf(SECRET), -1);
});

test("a stop in the middle of a rotation is quick, and the next start finishes it", async () => {
  await using place = await createLarge();
  const before = digest(await place.load());
  const storage = await place.open();
  await storage.load();
  const rotating = storage.rotateDataKey();
  const refused = assert.rejects(rotating, /stopping/);
  await storage[Symbol.asyncDispose]();
  await refused;
  await untilFinished(place);
  await checkFinished(place);
  assert.equal(digest(await place.load()), before);
});

test("a log that is read a second time while the first reading finishes a rotation is whole", async () => {
  await using place = await createLarge();
  const before = digest(await place.load());
  const { current } = await ringOf(place.keys);
  const interrupted = { current: createDataKey(systemRandom, aesGcm, current), previous: current };
  await new DataKeyFile(place.keys, aesGcm).save(interrupted);
  let readings = 0;
  const compacted = Promise.withResolvers<void>();
  const openDatabase = async (directory: string): Promise<RecordDatabase> => {
    const db = await openLevel(directory);
    return {
      ...db,
      // As of the call, but handed over late: a long log takes its time.
      async *iterate(range) {
        const records: (readonly [string, Uint8Array])[] = [];
        for await (const record of db.iterate(range)) records.push(record);
        // Only whoever loads the log reads a range with an end.
        if (range.lt !== undefined && ++readings === 2) await compacted.promise;
        yield* records;
      },
      async compact() {
        await db.compact();
        // By then nothing else would keep the old key.
        setImmediate(() => setImmediate(compacted.resolve));
      },
    };
  };
  {
    await using storage = await place.open({ openDatabase });
    await storage.load();
    assert.equal(digest(await storage.load()), before);
    await waitFor("the end of the change of keys", async () => (await ringOf(place.keys)).previous === null, LOOK_MS);
  }
  await checkFinished(place);
});

for (const [what, prepare, change] of [
  ["rotation", async () => {}, (storage: LevelRaftStorage) => storage.rotateDataKey()],
  ["first encryption", toPlain, async () => {}],
] as const) {
  test(`a crash at any point of a ${what} costs nothing (every write of database and key file, before and after)`, async () => {
    let points = 0;
    for (let crashed = true; crashed; points++) {
      await using place = await createLarge();
      const before = digest(await place.load());
      await prepare(place);
      crashed = await crashAt(points, place, change);
      assert.equal(digest(await place.load()), before, `point ${points}`);
      await untilFinished(place);
      await checkFinished(place);
      assert.equal(digest(await place.load()), before, `point ${points}, finished`);
    }
    assert.ok(points > 8, `${points} points`);
  });
}

/** Runs `change`; the process "dies" at the `point`-th half step. Returns whether it came to that. */
async function crashAt(
  point: number,
  place: Place,
  change: (storage: LevelRaftStorage) => Promise<void>,
): Promise<boolean> {
  let halves = 0;
  const dead = (): boolean => halves > point;
  const step = async <T>(work: () => Promise<T>): Promise<T> => {
    if (++halves > point) throw new Error("crash");
    const result = await work();
    if (++halves > point) throw new Error("crash");
    return result;
  };
  const keys: KeyFiles = {
    read: (name) => place.keys.read(name),
    write: (name, text) => step(() => place.keys.write(name, text)),
    remove: (name) => place.keys.remove(name),
  };
  const openDatabase = async (directory: string): Promise<RecordDatabase> => {
    const db = await openLevel(directory);
    return {
      ...db,
      batch: (operations, sync) => step(() => db.batch(operations, sync)),
      compact: () => step(() => db.compact()),
    };
  };
  try {
    await using storage = await place.open({ keys, openDatabase });
    await storage.load();
    await change(storage);
    // What goes on in the background is over when a further rotation begins to write its key.
    await waitFor("its end", async () => dead() || (await ringOf(place.keys)).previous === null, LOOK_MS);
  } catch (error) {
    if (!dead()) throw error;
  }
  return dead();
}

async function untilFinished(place: Place): Promise<void> {
  await using storage = await place.open();
  await storage.load();
  await waitFor("the end of the change of keys", async () => (await ringOf(place.keys)).previous === null, LOOK_MS);
}

async function checkFinished(place: Place): Promise<void> {
  const ring = await ringOf(place.keys);
  assert.equal(ring.previous, null);
  await place.tamper(async (db) => {
    for await (const [key, record] of db.iterator()) {
      assert.deepEqual([record[0], keyIdOf(record)], [2, ring.current.id], key);
    }
  });
}

async function ringOf(keys: MemoryKeyFiles) {
  const ring = await new DataKeyFile(keys, aesGcm).load();
  assert.ok(ring !== null);
  return ring;
}

async function filesOf(place: Place): Promise<readonly Buffer[]> {
  const names = await readdir(place.directory);
  return await Promise.all(names.map((name) => readFile(join(place.directory, name))));
}

function digest(state: StoredState): string {
  const { identity, hardState, base, entries, snapshot } = state;
  const texts = entries.map((entry) => `${entry.term}/${entry.index} ${entry.kind === "normal" ? entry.data : ""}`);
  const data = snapshot === null ? null : Buffer.from(snapshot.data).toString("base64");
  return JSON.stringify([identity, hardState, base, snapshot?.meta, data, texts]);
}
