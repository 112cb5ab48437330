import { SwarmError } from "../../shared/errors.ts";
import { LENGTH_DELIMITED, VARINT } from "./wire-writer.ts";

const FIXED_64 = 1;
const FIXED_32 = 5;
/** The longest varint: 64 bits in groups of seven. */
const VARINT_BYTES_MAX = 10;

/**
 * Reads Protocol Buffers field by field: `while (reader.next()) switch (reader.field) ...`. A field that is not taken
 * is skipped, so that a newer sender is understood.
 *
 * All methods throw SwarmError invalidArgument when the bytes are not such a message.
 */
export class WireReader {
  /** Number of the present field. */
  field = 0;
  readonly #bytes: Buffer;
  #at: number;
  #end: number;
  #wireType = VARINT;
  #isTaken = true;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#at = 0;
    this.#end = bytes.length;
  }

  /** Goes to the next field; false at the end. */
  next(): boolean {
    if (!this.#isTaken) this.#skip();
    if (this.#at >= this.#end) return false;
    const tag = this.#varint();
    this.field = Math.floor(tag / 8);
    this.#wireType = tag & 7;
    this.#isTaken = false;
    if (this.field === 0) throw malformed("a field without a number");
    return true;
  }

  /** A safe integer from 0 on. */
  number(): number {
    this.#take(VARINT);
    return this.#varint();
  }

  /** A view, not a copy. */
  data(): Buffer {
    const end = this.#endOfValue();
    const data = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return data;
  }

  text(): string {
    const end = this.#endOfValue();
    const text = this.#bytes.toString("utf8", this.#at, end);
    this.#at = end;
    return text;
  }

  /** Lets `read` read the nested message's fields with this same reader. */
  nested<T>(read: (reader: WireReader) => T): T {
    const outerEnd = this.#end;
    this.#end = this.#endOfValue();
    const value = read(this);
    if (!this.#isTaken) this.#skip();
    this.#at = this.#end;
    this.#end = outerEnd;
    this.#isTaken = true;
    return value;
  }

  #endOfValue(): number {
    this.#take(LENGTH_DELIMITED);
    const length = this.#varint();
    if (length > this.#end - this.#at) throw malformed("cut short");
    return this.#at + length;
  }

  #take(wireType: number): void {
    if (this.#wireType !== wireType) throw malformed(`field ${this.field} is of another type`);
    this.#isTaken = true;
  }

  #skip(): void {
    this.#isTaken = true;
    switch (this.#wireType) {
      case VARINT:
        this.#varint();
        return;
      case LENGTH_DELIMITED:
        this.#isTaken = false;
        this.#at = this.#endOfValue();
        return;
      case FIXED_64:
        this.#at += 8;
        break;
      case FIXED_32:
        this.#at += 4;
        break;
      default:
        throw malformed(`field ${this.field} is of an unknown type`);
    }
    if (this.#at > this.#end) throw malformed("cut short");
  }

  #varint(): number {
    const bytes = this.#bytes;
    let at = this.#at;
    const end = Math.min(this.#end, at + VARINT_BYTES_MAX);
    let value = 0;
    let factor = 1;
    while (at < end) {
      const byte = bytes[at++] as number;
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) {
        if (value > Number.MAX_SAFE_INTEGER) throw malformed("a number that is too large");
        this.#at = at;
        return value;
      }
      factor *= 0x80;
    }
    throw malformed("cut short");
  }
}

function malformed(why: string): SwarmError {
  return new SwarmError("invalidArgument", `not a message of Raft: ${why}`);
}
