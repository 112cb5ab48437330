import assert from "node:assert/strict";
import { cp, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { toLogIndex, toRaftId, toTerm } from "../../../../raft/ids.ts";
import { BrokenFile } from "../../../../raft/storage/leveldb/byte-reader.ts";
import { checkFiles } from "../../../../raft/storage/leveldb/check-files.ts";
import { readJournal } from "../../../../raft/storage/leveldb/journal-file.ts";
import { checkTable } from "../../../../raft/storage/leveldb/table-file.ts";
import { databaseFilesIn } from "../../../../raft/storage/ports/database-files.ts";
import type { StoredState } from "../../../../raft/storage/raft-storage.ts";
import { RaftStorageError } from "../../../../raft/storage/storage-error.ts";
import { type Logger, silentLogger } from "../../../../shared/log.ts";
import { seededRandom } from "../../../../shared/ports/seeded-random.ts";
import { batchOf, entryAt, IDENTITY, Place } from "./places.ts";

const ENTRIES = 60;
const COMMITTED = 50;

/** A log in several tables and a journal: each start of LevelDB makes a table of the journal it finds. */
async function createSpread(): Promise<Place> {
  const place = await Place.create();
  for (let from = 1; from <= ENTRIES; from += 20) {
    await using storage = await place.open();
    await storage.load();
    if (from === 1) await storage.initialise(IDENTITY, batchOf({ entries: [entryAt(1)] }));
    for (let index = Math.max(2, from); index < from + 20; index++) {
      const commit = toLogIndex(Math.min(index - 1, COMMITTED));
      await storage.write(batchOf({ entries: [entryAt(index)], hardState: { term: toTerm(1), vote: null, commit } }));
    }
  }
  return place;
}

/** What a start makes of the directory. */
async function start(
  place: Place,
): Promise<{ readonly state: StoredState; readonly warnings: number } | RaftStorageError> {
  let warnings = 0;
  const log: Logger = {
    ...silentLogger,
    warn() {
      warnings++;
    },
  };
  try {
    return { state: await place.load({ log }), warnings };
  } catch (error) {
    assert.ok(error instanceof RaftStorageError, String(error));
    assert.equal(error.fault, "corrupt");
    assert.match(
      error.message,
      /^the Raft log in \S+ is damaged \([^\n]+\): move that directory away and start swarmd again/,
    );
    return error;
  }
}

type Damage = (path: string, bytes: Buffer) => Promise<void>;

const DAMAGES: Readonly<Record<string, Damage>> = {
  deleted: (path) => rm(path),
  emptied: (path) => truncate(path, 0),
  "cut in half": (path, bytes) => truncate(path, Math.floor(bytes.length / 2)),
  "cut by a byte": (path, bytes) => truncate(path, bytes.length - 1),
  "flipped in the middle": (path, bytes) => writeFile(path, flipped(bytes, Math.floor(bytes.length / 2))),
  "overwritten with zeros in the middle": (path, bytes) => {
    const changed = Buffer.from(bytes);
    changed.fill(0, Math.floor(bytes.length / 3), Math.floor(bytes.length / 2));
    return writeFile(path, changed);
  },
};

for (const [what, damage] of Object.entries(DAMAGES)) {
  test(`whichever of the database's files is ${what}, it is refused, or whole, or said to end earlier`, async () => {
    await using whole = await createSpread();
    const files = (await readdir(whole.directory)).filter((name) => !/^LO/.test(name));
    assert.ok(files.filter((name) => name.endsWith(".ldb")).length >= 2, files.join());
    let refused = 0;
    for (const name of files) {
      await using place = await copyOf(whole);
      const path = join(place.directory, name);
      await damage(path, await readFile(path));
      const outcome = await start(place);
      if (outcome instanceof RaftStorageError) {
        refused++;
        // Refusing changes nothing: it is still refused, and the rest of the files is still there.
        assert.ok((await start(place)) instanceof RaftStorageError, name);
        const left = await readdir(place.directory);
        const tables = files.filter((other) => other !== name && other.endsWith(".ldb"));
        for (const table of tables) assert.ok(left.includes(table), `${table} is gone after ${name}`);
        continue;
      }
      const { entries, hardState } = outcome.state;
      assert.ok(entries.length >= COMMITTED && (hardState?.commit ?? 0) >= COMMITTED, name);
      assert.equal(outcome.warnings, entries.length < ENTRIES ? 1 : outcome.warnings, name);
      assert.ok(outcome.warnings <= 1, name);
    }
    assert.ok(refused >= files.length - 1, `${refused} of ${files.length} refused`);
  });
}

test("wherever the journal is cut off, nothing is missing without a word", async () => {
  await using whole = await createSpread();
  const name = (await readdir(whole.directory)).find((file) => file.endsWith(".log")) ?? "";
  const bytes = await readFile(join(whole.directory, name));
  const seen = { refused: 0, warned: 0 };
  for (let length = 0; length < bytes.length; length += 97) {
    await using place = await copyOf(whole);
    await truncate(join(place.directory, name), length);
    const outcome = await start(place);
    if (outcome instanceof RaftStorageError) {
      assert.match(outcome.message, /its newest part is lost, or an old copy was put back/);
      seen.refused++;
      continue;
    }
    assert.ok(outcome.state.entries.length >= COMMITTED && outcome.state.entries.length < ENTRIES);
    assert.equal(outcome.warnings, 1, `cut to ${length}`);
    seen.warned++;
  }
  assert.ok(seen.refused > 5 && seen.warned > 5, JSON.stringify(seen));
});

test("a database that lost all it had is not taken for a new one", async () => {
  await using place = await Place.createFilled();
  const name = (await readdir(place.directory)).find((file) => file.endsWith(".log")) ?? "";
  await truncate(join(place.directory, name), 0);
  const outcome = await start(place);
  assert.ok(outcome instanceof RaftStorageError);
  assert.match(outcome.message, /it is empty, but member 1 had its log there/);
});

test("a directory that was moved away begins anew", async () => {
  await using place = await Place.createFilled();
  await rm(place.directory, { recursive: true });
  assert.equal((await place.load()).identity, null);
  // Also when the first start after that ended before anything was stored.
  await using storage = await place.open();
  assert.equal((await storage.load()).identity, null);
  await storage.initialise({ ...IDENTITY, raftId: toRaftId(2) }, batchOf({}));
});

test("an old copy of the directory is refused: it could vote twice", async () => {
  await using place = await createSpread();
  await using old = await copyOf(place);
  {
    await using storage = await place.open();
    await storage.load();
    await storage.write(batchOf({ hardState: { term: toTerm(2), vote: toRaftId(2), commit: toLogIndex(COMMITTED) } }));
  }
  for (const [name, text] of place.keys.files) await old.keys.write(name, text);
  const outcome = await start(old);
  assert.ok(outcome instanceof RaftStorageError);
  assert.match(outcome.message, /already stored term 2/);
});

test("another member's log is refused, even with its key", async () => {
  await using place = await Place.createFilled();
  const witness = (await place.keys.read("swarm-raft.witness")) ?? "";
  await place.keys.write("swarm-raft.witness", witness.replace('"raftId":1', '"raftId":2'));
  await assert.rejects(place.load(), (error: unknown) => {
    return (
      error instanceof RaftStorageError &&
      error.fault === "foreign" &&
      /belongs to member 1 .* member 2/.test(error.message)
    );
  });
});

test("entries that another leader overwrote are not missed", async () => {
  await using place = await Place.createFilled();
  {
    await using storage = await place.open();
    await storage.load();
    await storage.write(batchOf({ entries: [entryAt(4, 1)] }));
  }
  const outcome = await start(place);
  assert.ok(!(outcome instanceof RaftStorageError));
  assert.deepEqual([outcome.state.entries.length, outcome.warnings], [4, 0]);
});

test("tables of any size, compressed or not, and merged, are understood, and any changed byte is found", async () => {
  await using place = await Place.create();
  const random = seededRandom(1);
  await place.tamper(async (db) => {
    for (let round = 0; round < 4; round++) {
      const puts = Array.from({ length: 3_000 }, () => {
        const key = `key/${random.below(5_000)}`;
        // Half of them compress well.
        const value =
          random.below(2) === 0 ? random.bytes(random.below(3_000)) : Buffer.alloc(random.below(3_000), key);
        return { type: "put", key, value } as const;
      });
      await db.batch(puts);
      await db.batch(puts.slice(0, 500).map(({ key }) => ({ type: "del", key }) as const));
    }
    await (db as unknown as { compactRange(from: string, to: string): Promise<void> }).compactRange("a", "z");
    await db.put("last", Buffer.from("one"));
  });
  const files = databaseFilesIn(place.directory);
  assert.deepEqual(await checkFiles(files), { isNew: false, tornBytes: 0 });
  const name = (await files.list()).find((file) => file.endsWith(".ldb")) ?? "";
  const bytes = await files.read(name);
  assert.ok(bytes.length > 1_000_000);
  for (let look = 0; look < 40; look++) {
    const at = random.below(bytes.length - 60);
    assert.throws(() => checkTable(flipped(bytes, at)), BrokenFile, `byte ${at}`);
  }
});

test("an unused end of a journal is no damage, half a record is a torn one", () => {
  assert.deepEqual(readJournal(Buffer.alloc(0)), { records: [], tornBytes: 0 });
  assert.deepEqual(readJournal(Buffer.alloc(100)), { records: [], tornBytes: 0 });
  assert.equal(readJournal(Buffer.from([1, 2, 3])).tornBytes, 3);
});

function flipped(bytes: Buffer, at: number): Buffer {
  const changed = Buffer.from(bytes);
  changed[at] = (changed[at] ?? 0) ^ 0x20;
  return changed;
}

async function copyOf(place: Place): Promise<Place> {
  const copy = await Place.create();
  await cp(place.directory, copy.directory, { recursive: true });
  for (const [name, text] of place.keys.files) await copy.keys.write(name, text);
  return copy;
}
