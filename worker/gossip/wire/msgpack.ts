import { invariant } from "../../../shared/invariant.ts";
import { WireError } from "./wire-error.ts";

/** What we send: only what the gossip messages are made of. Integers are unsigned, up to 2^32 - 1. */
export type Packable =
  | null
  | boolean
  | number
  | string
  | Uint8Array
  | readonly Packable[]
  | { readonly [key: string]: Packable };

/** What may come: raw bytes stay bytes, because this dialect does not tell text from binary. */
export type Unpacked = null | boolean | number | Uint8Array | readonly Unpacked[] | ReadonlyMap<string, Unpacked>;

/** Messages are maps of scalars; deeper nesting is an attack on our stack. */
const DEPTH_MAX = 8;
const FIXRAW_BYTES_MAX = 31;
const FIXMAP_ENTRIES_MAX = 15;
const U8_MAX = 0xff;
const U16_MAX = 0xffff;
const U32_MAX = 0xffff_ffff;

/**
 * Encodes in the old MessagePack dialect that memberlist's Go codec speaks by default: text and bytes alike as "raw"
 * (fixraw, raw16, raw32; never str8, never bin). Object keys are written in the order given: callers sort them.
 */
export function pack(value: Packable): Uint8Array {
  const chunks: Uint8Array[] = [];
  packInto(chunks, value);
  return Buffer.concat(chunks);
}

function packInto(chunks: Uint8Array[], value: Packable): void {
  if (value === null) chunks.push(Uint8Array.of(0xc0));
  else if (typeof value === "boolean") chunks.push(Uint8Array.of(value ? 0xc3 : 0xc2));
  else if (typeof value === "number") chunks.push(packNumber(value));
  else if (typeof value === "string") packRaw(chunks, Buffer.from(value, "utf8"));
  else if (value instanceof Uint8Array) packRaw(chunks, value);
  else if (Array.isArray(value)) {
    chunks.push(header(value.length, 0x90, 0xdc));
    for (const item of value) packInto(chunks, item);
  } else {
    const entries = Object.entries(value);
    chunks.push(header(entries.length, 0x80, 0xde));
    for (const [key, item] of entries) {
      packRaw(chunks, Buffer.from(key, "utf8"));
      packInto(chunks, item);
    }
  }
}

/** The smallest form that fits; anything but a whole number is a double, as Go writes every float. */
function packNumber(value: number): Uint8Array {
  if (!Number.isInteger(value)) {
    const bytes = Buffer.alloc(9);
    bytes[0] = 0xcb;
    bytes.writeDoubleBE(value, 1);
    return bytes;
  }
  invariant(value >= 0 && value <= U32_MAX, () => `${value} is not an unsigned 32-bit number`);
  if (value <= 0x7f) return Uint8Array.of(value);
  if (value <= U8_MAX) return Uint8Array.of(0xcc, value);
  if (value <= U16_MAX) return Uint8Array.of(0xcd, value >>> 8, value & 0xff);
  return Uint8Array.of(0xce, value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff);
}

function packRaw(chunks: Uint8Array[], bytes: Uint8Array): void {
  const { length } = bytes;
  if (length <= FIXRAW_BYTES_MAX) chunks.push(Uint8Array.of(0xa0 | length));
  else chunks.push(length <= U16_MAX ? u16(0xda, length) : u32(0xdb, length));
  chunks.push(bytes);
}

function header(count: number, fixed: number, wide: number): Uint8Array {
  if (count <= FIXMAP_ENTRIES_MAX) return Uint8Array.of(fixed | count);
  return count <= U16_MAX ? u16(wide, count) : u32(wide + 1, count);
}

function u16(code: number, value: number): Uint8Array {
  return Uint8Array.of(code, value >>> 8, value & 0xff);
}

function u32(code: number, value: number): Uint8Array {
  return Uint8Array.of(code, value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff);
}

/**
 * Reads values one after another; accepts the newer forms (str8, bin) too, since newer peers may send them.
 * Nothing is allocated before the bytes that fill it are known to be there, so a short packet cannot claim a large map.
 * @throws WireError `truncated` when the input ends inside a value, `malformed` for what is not one of our values.
 */
export class PackReader {
  readonly #bytes: Buffer;
  #at: number;

  constructor(bytes: Uint8Array, at = 0) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#at = at;
  }

  /** Index of the first byte not read. */
  get position(): number {
    return this.#at;
  }

  /** The next value, which must be a map. */
  readMap(): ReadonlyMap<string, Unpacked> {
    const value = this.read();
    if (!(value instanceof Map)) throw new WireError("malformed", "the message is no map");
    return value;
  }

  read(depth = 0): Unpacked {
    if (depth > DEPTH_MAX) throw new WireError("malformed", "nested too deep");
    const code = this.#uint(1);
    if (code <= 0x7f) return code;
    if (code <= 0x8f) return this.#map(code & 0x0f, depth);
    if (code <= 0x9f) return this.#array(code & 0x0f, depth);
    if (code <= 0xbf) return this.#raw(code & 0x1f);
    if (code >= 0xe0) return code - 0x100;
    return this.#readCoded(code, depth);
  }

  #readCoded(code: number, depth: number): Unpacked {
    switch (code) {
      case 0xc0:
        return null;
      case 0xc2:
        return false;
      case 0xc3:
        return true;
      case 0xc4:
      case 0xd9:
        return this.#raw(this.#uint(1));
      case 0xc5:
      case 0xda:
        return this.#raw(this.#uint(2));
      case 0xc6:
      case 0xdb:
        return this.#raw(this.#uint(4));
      case 0xca:
        return this.#bytes.readFloatBE(this.#advance(4));
      case 0xcb:
        return this.#bytes.readDoubleBE(this.#advance(8));
      case 0xcc:
        return this.#uint(1);
      case 0xcd:
        return this.#uint(2);
      case 0xce:
        return this.#uint(4);
      case 0xcf:
        return Number(this.#bytes.readBigUInt64BE(this.#advance(8)));
      case 0xd0:
        return this.#bytes.readInt8(this.#advance(1));
      case 0xd1:
        return this.#bytes.readInt16BE(this.#advance(2));
      case 0xd2:
        return this.#bytes.readInt32BE(this.#advance(4));
      case 0xd3:
        return Number(this.#bytes.readBigInt64BE(this.#advance(8)));
      case 0xdc:
        return this.#array(this.#uint(2), depth);
      case 0xdd:
        return this.#array(this.#uint(4), depth);
      case 0xde:
        return this.#map(this.#uint(2), depth);
      case 0xdf:
        return this.#map(this.#uint(4), depth);
      default:
        throw new WireError("malformed", `no value begins with byte ${code}`);
    }
  }

  #raw(length: number): Uint8Array {
    const from = this.#advance(length);
    return this.#bytes.subarray(from, from + length);
  }

  #array(count: number, depth: number): readonly Unpacked[] {
    this.#need(count);
    const items: Unpacked[] = [];
    for (let read = 0; read < count; read++) items.push(this.read(depth + 1));
    return items;
  }

  #map(count: number, depth: number): ReadonlyMap<string, Unpacked> {
    this.#need(2 * count);
    const map = new Map<string, Unpacked>();
    for (let read = 0; read < count; read++) {
      const key = this.read(depth + 1);
      if (!(key instanceof Uint8Array)) throw new WireError("malformed", "a key is no text");
      map.set(Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString("utf8"), this.read(depth + 1));
    }
    return map;
  }

  #uint(length: 1 | 2 | 4): number {
    return this.#bytes.readUIntBE(this.#advance(length), length);
  }

  #advance(length: number): number {
    this.#need(length);
    const from = this.#at;
    this.#at += length;
    return from;
  }

  #need(length: number): void {
    if (this.#at + length > this.#bytes.length) throw new WireError("truncated", "the message ends too early");
  }
}
