import { crc32 } from "node:zlib";
import { invariant } from "../../../shared/invariant.ts";
import { FieldReader } from "./fields.ts";
import { lzwCompress, lzwDecompress } from "./lzw.ts";
import { messageTypes } from "./messages.ts";
import { PackReader, pack } from "./msgpack.ts";
import { WireError } from "./wire-error.ts";

/** Messages one compound may hold: its count is a byte. */
export const COMPOUND_PARTS_MAX = 255;
/** Type and count. */
export const COMPOUND_HEAD_BYTES = 2;
/** The length before each body. */
export const COMPOUND_PART_BYTES = 2;
/** Type and checksum. */
export const CRC_BYTES = 5;

const LABEL_BYTES_MAX = 255;
const LZW = 0;

/** Several messages as one: type, count, 16-bit lengths, bodies. */
export function joinCompound(parts: readonly Uint8Array[]): Uint8Array {
  invariant(parts.length >= 1 && parts.length <= COMPOUND_PARTS_MAX, "a compound holds 1 to 255 messages");
  const lengths = parts.flatMap(({ length }) => [length >>> 8, length & 0xff]);
  return Buffer.concat([Uint8Array.of(messageTypes.compound, parts.length, ...lengths), ...parts]);
}

/** The bodies, from the byte after the type on. If the end is cut off, only incomplete messages are lost. */
export function splitCompound(body: Uint8Array): { readonly parts: readonly Uint8Array[]; readonly lost: number } {
  const count = body[0];
  if (count === undefined || body.length < 1 + count * COMPOUND_PART_BYTES) {
    throw new WireError("truncated", "a compound ends inside its list of lengths");
  }
  const parts: Uint8Array[] = [];
  let from = 1 + count * COMPOUND_PART_BYTES;
  for (let part = 0; part < count; part++) {
    const at = 1 + part * COMPOUND_PART_BYTES;
    const length = ((body[at] ?? 0) << 8) | (body[at + 1] ?? 0);
    if (from + length > body.length) break;
    parts.push(body.subarray(from, from + length));
    from += length;
  }
  return { parts, lost: count - parts.length };
}

/** A checksum at the front, for receivers that know it (protocol 5); it covers everything after it. */
export function withCrc(body: Uint8Array): Uint8Array {
  const frame = Buffer.alloc(CRC_BYTES + body.length);
  frame[0] = messageTypes.hasCrc;
  frame.writeUInt32BE(crc32(body), 1);
  frame.set(body, CRC_BYTES);
  return frame;
}

/** What the checksum covers, from the byte after the type on. @throws WireError badCrc. */
export function withoutCrc(body: Uint8Array): Uint8Array {
  if (body.length < CRC_BYTES - 1) throw new WireError("truncated", "a checksum is cut off");
  const told = Buffer.from(body.buffer, body.byteOffset, 4).readUInt32BE(0);
  const covered = body.subarray(4);
  if (crc32(covered) !== told) throw new WireError("badCrc", "the checksum does not fit");
  return covered;
}

/** Type byte and compressed body. The caller checks whether it is smaller. */
export function compress(body: Uint8Array): Uint8Array {
  const fields = pack({ Algo: LZW, Buf: lzwCompress(body) });
  return Buffer.concat([Uint8Array.of(messageTypes.compress), fields]);
}

/** From the byte after the type on. @throws WireError. */
export function decompress(body: Uint8Array, bytesMax?: number): Uint8Array {
  const fields = new FieldReader(new PackReader(body).readMap());
  if (fields.u16("Algo") !== LZW) throw new WireError("unsupported", "unknown compression");
  return lzwDecompress(fields.bytes("Buf"), bytesMax);
}

/** At the very front, unencrypted: for which of several clusters on one network this is. */
export function labelHead(label: Uint8Array): Uint8Array {
  invariant(label.length <= LABEL_BYTES_MAX, "a label has at most 255 bytes");
  if (label.length === 0) return label;
  return Buffer.concat([Uint8Array.of(messageTypes.hasLabel, label.length), label]);
}

/**
 * What follows the label. @throws WireError badLabel for another label, or one where none is used, or none where one
 * is.
 */
export function withoutLabel(bytes: Uint8Array, label: Uint8Array): Uint8Array {
  if (bytes[0] !== messageTypes.hasLabel) {
    if (label.length > 0) throw new WireError("badLabel", "it carries no label");
    return bytes;
  }
  const length = bytes[1];
  if (length === undefined || bytes.length < 2 + length) throw new WireError("truncated", "a label is cut off");
  const theirs = bytes.subarray(2, 2 + length);
  if (length === 0 || !Buffer.from(label).equals(theirs)) throw new WireError("badLabel", "it carries another label");
  return bytes.subarray(2 + length);
}
