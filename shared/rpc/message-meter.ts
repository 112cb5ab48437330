const HEAD_BYTES = 5;

/**
 * Follows the framing of gRPC (a flag, four bytes of length, the message) without keeping any of it: how many bytes of
 * received messages are held, and how large the message is that has begun.
 */
export class MessageMeter {
  readonly #head = Buffer.alloc(HEAD_BYTES);
  #headBytes = 0;
  #bodyLeft = 0;
  #whole = 0;
  #begun = 0;
  #largest = 0;

  /** Takes the next bytes of a stream. */
  take(chunk: Uint8Array): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.#headBytes < HEAD_BYTES) {
        const piece = chunk.subarray(at, at + HEAD_BYTES - this.#headBytes);
        this.#head.set(piece, this.#headBytes);
        this.#headBytes += piece.length;
        this.#begun += piece.length;
        at += piece.length;
        if (this.#headBytes < HEAD_BYTES) return;
        this.#bodyLeft = this.#head.readUInt32BE(1);
        this.#largest = Math.max(this.#largest, this.#bodyLeft);
      }
      const bytes = Math.min(this.#bodyLeft, chunk.length - at);
      this.#bodyLeft -= bytes;
      this.#begun += bytes;
      at += bytes;
      if (this.#bodyLeft > 0) return;
      this.#whole += this.#begun;
      this.#begun = 0;
      this.#headBytes = 0;
    }
  }

  /** The largest size that a message has announced so far, even if the message has not arrived yet. */
  get largest(): number {
    return this.#largest;
  }

  /** Bytes held, including heads. */
  get held(): number {
    return this.#whole + this.#begun;
  }

  /** The reader has taken all complete messages. */
  taken(): void {
    this.#whole = 0;
  }
}
