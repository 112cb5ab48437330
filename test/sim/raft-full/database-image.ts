import type { DatabaseFiles } from "../../../raft/storage/leveldb/check-files.ts";
import { maskedCrc32c } from "../../../raft/storage/leveldb/crc32c.ts";
import type { SimDisk } from "./sim-disk.ts";

const FULL_RECORD = 1;
const HEADER_BYTES = 7;
const JOURNAL_NUMBER = 3;
const MANIFEST = "MANIFEST-000002";
const JOURNAL = `00000${JOURNAL_NUMBER}.log`;
/** Edit of a MANIFEST: tag 2, the number of the oldest journal. */
const EDIT = Buffer.from([2, JOURNAL_NUMBER]);

/**
 * The files that LevelDB would have left: as many as it takes for the production's check of files to come to its
 * verdict. What is in the records is read through the database.
 */
export function imageOf(disk: SimDisk): DatabaseFiles {
  const files = new Map<string, Buffer>();
  if (disk.exists) {
    if (disk.fileDamage !== "currentLost") files.set("CURRENT", Buffer.from(`${MANIFEST}\n`));
    if (disk.fileDamage !== "manifestLost") files.set(MANIFEST, recordOf(EDIT));
    files.set(JOURNAL, journalOf(disk));
  }
  return {
    list: async () => [...files.keys()],
    read: async (name) => files.get(name) ?? Buffer.alloc(0),
  };
}

function journalOf({ fileDamage, tornTail }: SimDisk): Buffer {
  const [one, two] = [recordOf(Buffer.from("a batch")), recordOf(Buffer.from("the next batch"))];
  if (fileDamage === "journalMiddle") one.writeUInt8(one.readUInt8(HEADER_BYTES) ^ 1, HEADER_BYTES);
  return Buffer.concat([
    one,
    two,
    tornTail ? recordOf(Buffer.from("torn")).subarray(0, HEADER_BYTES + 2) : Buffer.alloc(0),
  ]);
}

/** A whole record of LevelDB's log format. */
function recordOf(payload: Buffer): Buffer {
  const record = Buffer.alloc(HEADER_BYTES + payload.length);
  record.writeUInt16LE(payload.length, 4);
  record.writeUInt8(FULL_RECORD, 6);
  payload.copy(record, HEADER_BYTES);
  record.writeUInt32LE(maskedCrc32c(record.subarray(6)), 0);
  return record;
}
