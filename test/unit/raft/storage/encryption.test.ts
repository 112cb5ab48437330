import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { toLogIndex } from "../../../../raft/ids.ts";
import { createDataKey, DATA_KEY_FILE, DataKeyFile, NO_KEY } from "../../../../raft/storage/data-keys.ts";
import { META_KEY } from "../../../../raft/storage/keys.ts";
import { aesGcm } from "../../../../raft/storage/ports/aes-gcm.ts";
import { DamagedRecord } from "../../../../raft/storage/record-codec.ts";
import { SealedCodec } from "../../../../raft/storage/sealed-codec.ts";
import { RaftStorageError } from "../../../../raft/storage/storage-error.ts";
import { keyFilesIn } from "../../../../shared/pki/ports/key-files.ts";
import { seededRandom } from "../../../../shared/ports/seeded-random.ts";
import { systemRandom } from "../../../../shared/ports/system-random.ts";
import { MemoryKeyFiles } from "../../../support/level-storage.ts";
import { batchOf, entryAt, IDENTITY, Place, SECRET, snapshotAt } from "./places.ts";

const firstKey = createDataKey(systemRandom, aesGcm);

test("nothing of what is stored can be read on disk", async () => {
  await using place = await Place.createFilled();
  {
    await using storage = await place.open();
    await storage.load();
    await storage.saveSnapshot(snapshotAt(3, 200_000), toLogIndex(2));
    await storage.write(batchOf({ entries: [entryAt(6), entryAt(7)] }));
  }
  const files = await readdir(place.directory);
  assert.ok(files.length > 3);
  for (const file of files) {
    const bytes = await readFile(join(place.directory, file));
    for (const word of [SECRET, IDENTITY.clusterId, "raftId", "commit"]) {
      assert.equal(bytes.indexOf(word), -1, `"${word}" is in ${file}`);
    }
  }
});

test("the key is a file that only root reads, and stays the same over restarts", async () => {
  const directory = await mkdtemp(join(tmpdir(), "raft-key-"));
  try {
    await using place = await Place.create();
    const keys = keyFilesIn(directory);
    await place.load({ keys });
    const path = join(directory, DATA_KEY_FILE);
    assert.equal((await stat(path)).mode & 0o777, 0o600);
    const before = await readFile(path, "utf8");
    await place.load({ keys });
    assert.equal(await readFile(path, "utf8"), before);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});

test("a record opens only under its own name, whole and unchanged", () => {
  const codec = new SealedCodec({ current: firstKey, previous: null }, aesGcm, systemRandom);
  for (const length of [0, 1, 255, 70_000]) {
    const bytes = systemRandom.bytes(length);
    const record = codec.seal("entry/7", bytes);
    assert.equal(Buffer.compare(codec.open("entry/7", record), bytes), 0);
    assert.throws(() => codec.open("entry/8", record), DamagedRecord);
    for (let at = 0; at < record.length; at += 1 + Math.floor(record.length / 60)) {
      const changed = Uint8Array.from(record);
      changed[at] = (changed[at] ?? 0) ^ 0x10;
      assert.throws(() => codec.open("entry/7", changed), DamagedRecord, `byte ${at} of ${record.length}`);
      assert.throws(() => codec.open("entry/7", record.subarray(0, at)), DamagedRecord);
    }
  }
});

test("no nonce comes twice, not in one process and not in two", () => {
  const seen = new Set<string>();
  for (const process of [1, 2]) {
    const codec = new SealedCodec({ current: firstKey, previous: null }, aesGcm, seededRandom(process));
    for (let count = 0; count < 500; count++) {
      seen.add(Buffer.from(codec.seal("k", new Uint8Array(1)).subarray(5, 17)).toString("hex"));
    }
  }
  assert.equal(seen.size, 1_000);
});

test("a key file comes back as it was, with one key, with two, and beside an unencrypted log", async () => {
  const file = new DataKeyFile(new MemoryKeyFiles(), aesGcm);
  assert.equal(await file.load(), null);
  const second = createDataKey(systemRandom, aesGcm, firstKey);
  for (const previous of [null, NO_KEY, second] as const) {
    await file.save({ current: firstKey, previous });
    const ring = await file.load();
    assert.deepEqual(
      JSON.parse(JSON.stringify(ring)),
      JSON.parse(JSON.stringify({ current: asBuffer(firstKey), previous: asBuffer(previous) })),
    );
  }
});

const BAD_KEYS: readonly (readonly [string, (keys: MemoryKeyFiles) => Promise<void>, RegExp])[] = [
  ["gone", (keys) => keys.remove(DATA_KEY_FILE), /there is no certificates\/swarm-raft.key/],
  [
    "another cluster's",
    (keys) => new DataKeyFile(keys, aesGcm).save({ current: firstKey, previous: null }),
    /it needs the key [0-9a-f]{8}, certificates\/swarm-raft.key has others/,
  ],
  ["cut short", (keys) => keys.write(DATA_KEY_FILE, '{"format":1,'), /cut short or not a key file/],
  [
    "changed in one letter",
    (keys) => edit(keys, (text) => text.replace(/"key": "(.)/, (_, first) => `"key": "${first === "A" ? "B" : "A"}`)),
    /a key is damaged/,
  ],
  ["of a later format", (keys) => edit(keys, (text) => text.replace('"format": 1', '"format": 2')), /later version/],
  ["wrapped", (keys) => edit(keys, (text) => text.replace('"none"', '"aes-256-gcm"')), /later version/],
];

for (const [what, spoil, sentence] of BAD_KEYS) {
  test(`a log whose key file is ${what} is refused, and works again with the right one`, async () => {
    await using place = await Place.createFilled();
    const right = new Map(place.keys.files);
    await spoil(place.keys);
    await assert.rejects(place.load(), (error: unknown) => {
      assert.ok(error instanceof RaftStorageError, String(error));
      assert.equal(error.fault, "wrongKey");
      assert.match(error.message, sentence);
      return true;
    });
    for (const [name, text] of right) await place.keys.write(name, text);
    assert.equal((await place.load()).entries.length, 5);
  });
}

test("what a later version wrote is refused with that word", async () => {
  await using place = await Place.createFilled();
  const ring = await new DataKeyFile(place.keys, aesGcm).load();
  assert.ok(ring !== null);
  const codec = new SealedCodec(ring, aesGcm, systemRandom);
  const later = Buffer.from('{"formatVersion":99,"clusterId":"c","raftId":1}');
  for (const record of [codec.seal(META_KEY, later), Buffer.from([3, 1, 2, 3, 4, 5, 6])]) {
    await place.tamper((db) => db.put(META_KEY, record));
    await assert.rejects(place.load(), (error: unknown) => {
      assert.ok(error instanceof RaftStorageError);
      assert.equal(error.fault, "foreign");
      assert.match(error.message, /format (99|3), .*install the version of swarmd that wrote it/);
      return true;
    });
  }
});

async function edit(keys: MemoryKeyFiles, change: (text: string) => string): Promise<void> {
  const text = (await keys.read(DATA_KEY_FILE)) ?? "";
  assert.notEqual(change(text), text);
  await keys.write(DATA_KEY_FILE, change(text));
}

function asBuffer(key: unknown): unknown {
  if (typeof key !== "object" || key === null) return key;
  const { id, bytes } = key as { readonly id: number; readonly bytes: Uint8Array };
  return { id, bytes: Buffer.from(bytes) };
}
