import { crc32 } from "node:zlib";

/** A record was changed since it was written, or never was one. */
export class DamagedRecord extends Error {
  override readonly name = "DamagedRecord";
}

/**
 * The form of a record's bytes on disk: the only place where they are checked, and encrypted. `key` is bound into the
 * record, so that one record cannot be put in another's place.
 */
export interface RecordCodec {
  seal(key: string, bytes: Uint8Array): Uint8Array;
  /** @throws DamagedRecord. */
  open(key: string, record: Uint8Array): Uint8Array;
}

/** A record's first byte: how the rest of it is laid out. */
export const FORMAT_CHECKSUM = 1;
export const FORMAT_SEALED = 2;
const HEADER_BYTES = 5;

/** Format 1: one byte of format, four of CRC-32 over key and payload, payload. Only read now, from old directories. */
export const checksumCodec: RecordCodec = {
  seal(key, bytes) {
    const record = new Uint8Array(HEADER_BYTES + bytes.length);
    record[0] = FORMAT_CHECKSUM;
    new DataView(record.buffer).setUint32(1, checksum(key, bytes));
    record.set(bytes, HEADER_BYTES);
    return record;
  },
  open(key, record) {
    if (record.length < HEADER_BYTES) throw new DamagedRecord(`record ${key} is cut short`);
    if (record[0] !== FORMAT_CHECKSUM) throw new DamagedRecord(`record ${key} has the unknown format ${record[0]}`);
    const bytes = record.subarray(HEADER_BYTES);
    const view = new DataView(record.buffer, record.byteOffset, record.byteLength);
    if (view.getUint32(1) !== checksum(key, bytes)) throw new DamagedRecord(`record ${key} fails its checksum`);
    return bytes;
  },
};

function checksum(key: string, bytes: Uint8Array): number {
  return crc32(bytes, crc32(key));
}
