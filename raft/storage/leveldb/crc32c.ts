/** Castagnoli's polynomial, bits reversed. */
const POLYNOMIAL = 0x82f63b78;
const MASK_DELTA = 0xa282ead8;
const SLICES = 8;
/** Eight bytes at a time by one table each ("slicing-by-8", Kounavis and Berry 2005), one after the other. */
const TABLE = createTables();

/** CRC-32C of `bytes`, continuing `crc`. */
function crc32c(bytes: Uint8Array, crc: number): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let state = ~crc;
  let at = 0;
  for (const end = bytes.length - SLICES; at <= end; at += SLICES) {
    const low = state ^ view.getInt32(at, true);
    const high = view.getInt32(at + 4, true);
    state =
      entryOf(0x700 | (low & 0xff)) ^
      entryOf(0x600 | ((low >>> 8) & 0xff)) ^
      entryOf(0x500 | ((low >>> 16) & 0xff)) ^
      entryOf(0x400 | (low >>> 24)) ^
      entryOf(0x300 | (high & 0xff)) ^
      entryOf(0x200 | ((high >>> 8) & 0xff)) ^
      entryOf(0x100 | ((high >>> 16) & 0xff)) ^
      entryOf(high >>> 24);
  }
  for (; at < bytes.length; at++) state = (state >>> 8) ^ entryOf((state ^ view.getUint8(at)) & 0xff);
  return ~state >>> 0;
}

/** Masked, as LevelDB stores it: a plain checksum of bytes that contain checksums would be weak. */
export function maskedCrc32c(bytes: Uint8Array): number {
  const crc = crc32c(bytes, 0);
  return (((crc >>> 15) | (crc << 17)) + MASK_DELTA) >>> 0;
}

function entryOf(at: number): number {
  // In range by construction; a check in this loop would double its time.
  return TABLE[at] as number;
}

function createTables(): Int32Array {
  const table = new Int32Array(SLICES * 256);
  for (let at = 0; at < table.length; at++) {
    // The first table is for single bytes; each further one for the same byte followed by one more zero byte.
    let value = at < 256 ? at : (table[at - 256] as number);
    if (at >= 256) value = (value >>> 8) ^ (table[value & 0xff] as number);
    else for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ POLYNOMIAL : value >>> 1;
    table[at] = value;
  }
  return table;
}
