/** Messages on a TCP connection: each has its length, two bytes, before it. */

const LENGTH_BYTES = 2;

export function frame(message: Uint8Array): Buffer {
  const framed = Buffer.allocUnsafe(LENGTH_BYTES + message.length);
  framed.writeUInt16BE(message.length, 0);
  framed.set(message, LENGTH_BYTES);
  return framed;
}

/** Puts messages together again that came in pieces. Keeps one unfinished message at most. */
export class FrameReader {
  readonly #messageBytesMax: number;
  #rest: Buffer = Buffer.alloc(0);

  constructor(messageBytesMax: number) {
    this.#messageBytesMax = messageBytesMax;
  }

  /** The messages that are complete with these bytes. @throws RangeError when one is announced that is too long. */
  push(bytes: Uint8Array): readonly Buffer[] {
    this.#rest = Buffer.concat([this.#rest, bytes]);
    const messages: Buffer[] = [];
    for (;;) {
      if (this.#rest.length < LENGTH_BYTES) return messages;
      const length = this.#rest.readUInt16BE(0);
      if (length > this.#messageBytesMax) throw new RangeError(`a message of ${length} bytes`);
      const end = LENGTH_BYTES + length;
      if (this.#rest.length < end) return messages;
      messages.push(this.#rest.subarray(LENGTH_BYTES, end));
      this.#rest = this.#rest.subarray(end);
    }
  }
}
