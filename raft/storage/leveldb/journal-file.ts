import { BrokenFile } from "./byte-reader.ts";
import { maskedCrc32c } from "./crc32c.ts";

const BLOCK_BYTES = 32_768;
/** Checksum (4), length (2), kind (1). */
const HEADER_BYTES = 7;
const KINDS = { full: 1, first: 2, middle: 3, last: 4 } as const;

export interface Journal {
  readonly records: readonly Buffer[];
  /** Bytes at the end that are not a whole record, as left by a crash in the middle of a write. 0 = it ends cleanly. */
  readonly tornBytes: number;
}

interface Fragment {
  readonly kind: number;
  readonly payload: Buffer;
  readonly end: number;
}

/**
 * Reads a journal (write-ahead log or MANIFEST).
 * @throws BrokenFile when something in it is damaged and whole records follow: it had been written completely.
 */
export function readJournal(bytes: Buffer): Journal {
  const records: Buffer[] = [];
  let parts: Buffer[] = [];
  let recordAt = 0;
  for (let at = 0; ; ) {
    const start = skipTrailer(bytes, at);
    const fragment = readFragment(bytes, start);
    if (fragment === null) {
      if (isFollowedByWhole(bytes, start))
        throw new BrokenFile(`it is damaged at byte ${start}, and continues after that`);
      const from = parts.length > 0 ? recordAt : start;
      return { records, tornBytes: isBlank(bytes, from) ? 0 : bytes.length - from };
    }
    const begins = fragment.kind === KINDS.full || fragment.kind === KINDS.first;
    // After a crash in a long record, LevelDB never continues in the same file.
    if (begins !== (parts.length === 0)) throw new BrokenFile(`a record at byte ${start} has no beginning or no end`);
    if (begins) recordAt = start;
    parts.push(fragment.payload);
    if (fragment.kind === KINDS.full || fragment.kind === KINDS.last) {
      records.push(parts.length === 1 ? fragment.payload : Buffer.concat(parts));
      parts = [];
    }
    at = fragment.end;
  }
}

/** The last bytes of a block, too few for a header, are not used. */
function skipTrailer(bytes: Buffer, at: number): number {
  const left = BLOCK_BYTES - (at % BLOCK_BYTES);
  return left < HEADER_BYTES ? Math.min(at + left, bytes.length) : at;
}

/** null where there is no whole one. */
function readFragment(bytes: Buffer, at: number): Fragment | null {
  if (at + HEADER_BYTES > bytes.length) return null;
  const length = bytes.readUInt16LE(at + 4);
  const kind = bytes[at + 6] ?? 0;
  const end = at + HEADER_BYTES + length;
  const blockEnd = at - (at % BLOCK_BYTES) + BLOCK_BYTES;
  if (kind < KINDS.full || kind > KINDS.last || end > Math.min(bytes.length, blockEnd)) return null;
  if (bytes.readUInt32LE(at) !== maskedCrc32c(bytes.subarray(at + 6, end))) return null;
  return { kind, payload: bytes.subarray(at + HEADER_BYTES, end), end };
}

/** Looks where a record could begin again: where the bad one would end if its length is right, and at every block. */
function isFollowedByWhole(bytes: Buffer, at: number): boolean {
  if (at + HEADER_BYTES <= bytes.length) {
    const end = at + HEADER_BYTES + bytes.readUInt16LE(at + 4);
    if (readFragment(bytes, skipTrailer(bytes, end)) !== null) return true;
  }
  for (let block = at - (at % BLOCK_BYTES) + BLOCK_BYTES; block < bytes.length; block += BLOCK_BYTES) {
    if (readFragment(bytes, block) !== null) return true;
  }
  return false;
}

/** Zeros are space that a file system allocated and that was never used. */
function isBlank(bytes: Buffer, from: number): boolean {
  return bytes.subarray(from).every((byte) => byte === 0);
}
