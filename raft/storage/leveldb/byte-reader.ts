/** The bytes are not what they should be. */
export class BrokenFile extends Error {
  override readonly name = "BrokenFile";
}

/** Takes numbers and strings from the front of some bytes. All methods throw BrokenFile at the end of the bytes. */
export class ByteReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  byte(): number {
    const byte = this.#bytes[this.#at];
    if (byte === undefined) throw new BrokenFile("it ends too early");
    this.#at++;
    return byte;
  }

  /** Seven bits a byte, the lowest first; exact up to 2^53. */
  varint(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
  }

  bytes(length: number): Buffer {
    const end = this.#at + length;
    if (end > this.#bytes.length) throw new BrokenFile("it ends too early");
    const taken = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return taken;
  }

  /** Preceded by its length. */
  prefixed(): Buffer {
    return this.bytes(this.varint());
  }
}
