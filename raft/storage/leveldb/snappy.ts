import { BrokenFile, ByteReader } from "./byte-reader.ts";

/** Larger than any index block; a damaged length must not ask for all the memory. */
const PLAIN_BYTES_MAX = 64 * 1024 * 1024;

/** Expands a block of the Snappy format (google/snappy, format description). @throws BrokenFile. */
export function expandSnappy(bytes: Buffer): Buffer {
  const reader = new ByteReader(bytes);
  const length = reader.varint();
  if (length > PLAIN_BYTES_MAX) throw new BrokenFile("a compressed block is too large");
  const plain = Buffer.alloc(length);
  let at = 0;
  const copy = (offset: number, count: number): void => {
    if (offset === 0 || offset > at) throw new BrokenFile("a compressed block refers to nothing");
    // Byte by byte: the copy may overlap what it copies.
    for (let done = 0; done < count; done++, at++) plain[at] = plain[at - offset] ?? 0;
  };
  while (!reader.isAtEnd) {
    const tag = reader.byte();
    const upper = tag >>> 2;
    switch (tag & 3) {
      case 0: {
        const literal = reader.bytes(1 + (upper < 60 ? upper : littleEndian(reader, upper - 59)));
        at += literal.copy(plain, at);
        break;
      }
      case 1:
        copy(((tag >>> 5) << 8) | reader.byte(), 4 + (upper & 7));
        break;
      case 2:
        copy(littleEndian(reader, 2), 1 + upper);
        break;
      default:
        copy(littleEndian(reader, 4), 1 + upper);
    }
  }
  if (at !== length) throw new BrokenFile("a compressed block has a length other than the one it states");
  return plain;
}

function littleEndian(reader: ByteReader, bytes: number): number {
  return reader.bytes(bytes).readUIntLE(0, bytes);
}
