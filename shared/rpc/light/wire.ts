/** Protocol buffers' wire format, as far as our messages use it: varints, doubles, and what has a length. */

export const VARINT = 0;
export const FIXED64 = 1;
export const LENGTH_DELIMITED = 2;
const FIXED32 = 5;
const WIRE_TYPE_BITS = 3;
const WIRE_TYPE_MASK = 0b111;
const FIXED64_BYTES = 8;
const FIXED32_BYTES = 4;

const MORE = 0x80;
const SEVEN_BITS = 0x80;
/** Seven bytes carry 49 bits, which a number holds exactly; longer ones need a BigInt. */
const PLAIN_VARINT_BYTES = 7;
const VARINT_BYTES_MAX = 10;
const WORD_BITS = 64;

/** The bytes of one message, in the order they are written. */
export class WireWriter {
  readonly #parts: Buffer[] = [];

  tag(id: number, wireType: number): void {
    this.varint((id << WIRE_TYPE_BITS) | wireType);
  }

  /** A whole number; a negative one as protocol buffers do it, with 64 bits. */
  varint(value: number): void {
    const bytes: number[] = [];
    if (value < 0) {
      let rest = BigInt.asUintN(WORD_BITS, BigInt(value));
      for (; rest >= BigInt(SEVEN_BITS); rest /= BigInt(SEVEN_BITS))
        bytes.push(Number(rest % BigInt(SEVEN_BITS)) | MORE);
      bytes.push(Number(rest));
    } else {
      let rest = value;
      for (; rest >= SEVEN_BITS; rest = Math.floor(rest / SEVEN_BITS)) bytes.push((rest % SEVEN_BITS) | MORE);
      bytes.push(rest);
    }
    this.#parts.push(Buffer.from(bytes));
  }

  double(value: number): void {
    const bytes = Buffer.alloc(FIXED64_BYTES);
    bytes.writeDoubleLE(value);
    this.#parts.push(bytes);
  }

  /** With the length before it. */
  bytes(value: Uint8Array): void {
    this.varint(value.length);
    this.#parts.push(Buffer.from(value.buffer, value.byteOffset, value.length));
  }

  finish(): Buffer {
    return Buffer.concat(this.#parts);
  }
}

/** Reads one message from its start. @throws RangeError when the bytes end too early or make no sense. */
export class WireReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get atEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  tag(): { readonly id: number; readonly wireType: number } {
    const tag = this.varint(false);
    return { id: Math.floor(tag / (WIRE_TYPE_MASK + 1)), wireType: tag & WIRE_TYPE_MASK };
  }

  /** A whole number of up to 64 bits; beyond 2^53 only as near as a number comes. */
  varint(signed: boolean): number {
    let value = 0;
    let unit = 1;
    for (let length = 1; length <= PLAIN_VARINT_BYTES; length++) {
      const byte = this.#byte();
      value += (byte % SEVEN_BITS) * unit;
      if (byte < MORE) return value;
      unit *= SEVEN_BITS;
    }
    let whole = BigInt(value);
    let place = BigInt(unit);
    for (let length = PLAIN_VARINT_BYTES + 1; length <= VARINT_BYTES_MAX; length++) {
      const byte = this.#byte();
      whole += BigInt(byte % SEVEN_BITS) * place;
      if (byte < MORE) return Number(signed ? BigInt.asIntN(WORD_BITS, whole) : BigInt.asUintN(WORD_BITS, whole));
      place *= BigInt(SEVEN_BITS);
    }
    throw new RangeError("a number has more than 64 bits");
  }

  double(): number {
    return this.#take(FIXED64_BYTES).readDoubleLE();
  }

  bytes(): Buffer {
    return this.#take(this.varint(false));
  }

  /** Passes over the value of a field that is not known here. */
  skip(wireType: number): void {
    switch (wireType) {
      case VARINT:
        this.varint(false);
        return;
      case FIXED64:
        this.#take(FIXED64_BYTES);
        return;
      case LENGTH_DELIMITED:
        this.bytes();
        return;
      case FIXED32:
        this.#take(FIXED32_BYTES);
        return;
      default:
        throw new RangeError(`a field has wire type ${wireType}`);
    }
  }

  #byte(): number {
    const byte = this.#bytes[this.#at++];
    if (byte === undefined) throw new RangeError("the message ends too early");
    return byte;
  }

  #take(length: number): Buffer {
    const end = this.#at + length;
    if (end > this.#bytes.length) throw new RangeError("the message ends too early");
    const taken = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return taken;
  }
}
