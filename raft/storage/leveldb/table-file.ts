import { BrokenFile, ByteReader } from "./byte-reader.ts";
import { maskedCrc32c } from "./crc32c.ts";
import { expandSnappy } from "./snappy.ts";

const FOOTER_BYTES = 48;
const MAGIC = "57fb808b247547db";
/** After each block: compression (1), checksum (4). */
const TRAILER_BYTES = 5;
const COMPRESSED = 1;

interface Handle {
  readonly offset: number;
  readonly length: number;
}

/** Checks that every block of a table is as it was written. @throws BrokenFile. */
export function checkTable(bytes: Buffer): void {
  if (bytes.length < FOOTER_BYTES) throw new BrokenFile("it is too short");
  const footer = bytes.subarray(bytes.length - FOOTER_BYTES);
  if (footer.toString("hex", FOOTER_BYTES - 8) !== MAGIC) throw new BrokenFile("its end is not that of a table");
  const reader = new ByteReader(footer);
  const metaIndex = readHandle(reader);
  const index = readHandle(reader);
  for (const listing of [metaIndex, index]) {
    for (const handle of handlesIn(contentsOf(bytes, listing))) checkBlock(bytes, handle);
  }
}

/** The handles that an index block lists, which are its values. */
function handlesIn(block: Buffer): readonly Handle[] {
  if (block.length < 4) throw new BrokenFile("an index is too short");
  const restarts = block.readUInt32LE(block.length - 4);
  const end = block.length - 4 - 4 * restarts;
  if (end < 0) throw new BrokenFile("an index is too short");
  const reader = new ByteReader(block.subarray(0, end));
  const handles: Handle[] = [];
  while (!reader.isAtEnd) {
    reader.varint();
    const keyBytes = reader.varint();
    const valueBytes = reader.varint();
    reader.bytes(keyBytes);
    handles.push(readHandle(new ByteReader(reader.bytes(valueBytes))));
  }
  return handles;
}

function contentsOf(bytes: Buffer, handle: Handle): Buffer {
  checkBlock(bytes, handle);
  const contents = bytes.subarray(handle.offset, handle.offset + handle.length);
  return bytes[handle.offset + handle.length] === COMPRESSED ? expandSnappy(contents) : contents;
}

function checkBlock(bytes: Buffer, { offset, length }: Handle): void {
  const end = offset + length + TRAILER_BYTES;
  if (end > bytes.length) throw new BrokenFile(`the block at byte ${offset} is not in it`);
  if (bytes.readUInt32LE(end - 4) !== maskedCrc32c(bytes.subarray(offset, end - 4))) {
    throw new BrokenFile(`the block at byte ${offset} is damaged`);
  }
}

function readHandle(reader: ByteReader): Handle {
  return { offset: reader.varint(), length: reader.varint() };
}
