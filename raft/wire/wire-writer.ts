/**
 * Protocol Buffers by hand, for the few messages of which thousands travel each second: sizes first, then one buffer
 * that is written once. Everything else goes through shared/rpc/schema.ts.
 */

/** The wire type of a field's value. */
export const VARINT = 0;
export const LENGTH_DELIMITED = 2;

const SEVEN_BITS = 0x80;
const UINT32 = 2 ** 32;

/** Bytes of a varint: a safe integer from 0 on. */
export function varintBytes(value: number): number {
  if (value < 2 ** 7) return 1;
  if (value < 2 ** 14) return 2;
  if (value < 2 ** 21) return 3;
  if (value < 2 ** 28) return 4;
  if (value < 2 ** 35) return 5;
  if (value < 2 ** 42) return 6;
  return value < 2 ** 49 ? 7 : 8;
}

/** A number's field with a number below 16; 0 is the default and takes none. */
export function numberFieldBytes(value: number): number {
  return value === 0 ? 0 : 1 + varintBytes(value);
}

/** A field of `length` bytes with a number below 16; none when it is empty. */
export function bytesFieldBytes(length: number): number {
  return length === 0 ? 0 : nestedBytes(length);
}

export function textFieldBytes(text: string): number {
  return bytesFieldBytes(Buffer.byteLength(text));
}

/** A nested message of `length` bytes; an empty one is there as well. */
export function nestedBytes(length: number): number {
  return 1 + varintBytes(length) + length;
}

/** Writes into a buffer whose size was computed before. */
export class WireWriter {
  readonly bytes: Buffer;
  #at = 0;

  constructor(size: number) {
    this.bytes = Buffer.allocUnsafe(size);
  }

  /** Whether all of it was written: sizes and writing must agree. */
  get isFull(): boolean {
    return this.#at === this.bytes.length;
  }

  number(field: number, value: number): void {
    if (value === 0) return;
    this.bytes[this.#at++] = (field << 3) | VARINT;
    this.#varint(value);
  }

  data(field: number, data: Uint8Array): void {
    if (data.length === 0) return;
    this.nested(field, data.length);
    this.bytes.set(data, this.#at);
    this.#at += data.length;
  }

  text(field: number, text: string): void {
    if (text === "") return;
    this.nested(field, Buffer.byteLength(text));
    this.#at += this.bytes.write(text, this.#at);
  }

  /** The head of a nested message; `length` bytes of it must follow. */
  nested(field: number, length: number): void {
    this.bytes[this.#at++] = (field << 3) | LENGTH_DELIMITED;
    this.#varint(length);
  }

  #varint(value: number): void {
    let rest = value;
    // Bit operations see 32 bits only.
    while (rest >= UINT32) {
      this.bytes[this.#at++] = (rest % SEVEN_BITS) | SEVEN_BITS;
      rest = Math.floor(rest / SEVEN_BITS);
    }
    while (rest >= SEVEN_BITS) {
      this.bytes[this.#at++] = (rest & 0x7f) | SEVEN_BITS;
      rest >>>= 7;
    }
    this.bytes[this.#at++] = rest;
  }
}
