import type { Random } from "../../shared/ports/random.ts";
import { createDataKey, DATA_KEY_FILE, type DataKeyFile, NO_KEY, toHex } from "./data-keys.ts";
import { META_KEY } from "./keys.ts";
import type { RecordDatabase } from "./level-database.ts";
import type { RecordCipher } from "./ports/aes-gcm.ts";
import { FORMAT_CHECKSUM, FORMAT_SEALED } from "./record-codec.ts";
import { keyIdOf, SealedCodec } from "./sealed-codec.ts";
import { damaged, RaftStorageError } from "./storage-error.ts";

/**
 * Finds the keys of a database, or makes the first one. A log of format 1 gets a key too: from then on its records
 * count as those of an old key, so that encrypting them is a rotation like any other and may be interrupted anywhere.
 * @throws RaftStorageError wrongKey, foreign or corrupt.
 */
export async function unlock(
  db: RecordDatabase,
  keyFile: DataKeyFile,
  random: Random,
  cipher: RecordCipher,
): Promise<SealedCodec> {
  const meta = await db.get(META_KEY);
  const format = meta?.[0] ?? null;
  if (format !== null && format > FORMAT_SEALED) {
    throw new RaftStorageError(
      "foreign",
      `the Raft log in ${db.directory} has records of format ${format}, later than this swarmd knows: install the version of swarmd that wrote it`,
    );
  }
  let ring = await keyFile.load();
  if (ring === null) {
    if (format === FORMAT_SEALED) {
      throw wrongKey(db.directory, `there is no certificates/${DATA_KEY_FILE}`);
    }
    // On disk before anything is sealed with it: what was sealed with a lost key is lost.
    ring = { current: createDataKey(random, cipher), previous: format === FORMAT_CHECKSUM ? NO_KEY : null };
    await keyFile.save(ring);
  }
  const codec = new SealedCodec(ring, cipher, random);
  if (meta === null || codec.hasKeyOf(meta)) return codec;
  if (format === FORMAT_CHECKSUM) throw damaged(db.directory, "its identity is not encrypted, although a key exists");
  throw wrongKey(db.directory, `it needs the key ${toHex(keyIdOf(meta))}, certificates/${DATA_KEY_FILE} has others`);
}

function wrongKey(directory: string, why: string): RaftStorageError {
  return new RaftStorageError(
    "wrongKey",
    `the Raft log in ${directory} is encrypted and cannot be read (${why}): put the right key file back, or move that directory and the key file away and start swarmd again`,
  );
}
