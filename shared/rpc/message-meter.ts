const HEAD_BYTES = 5;

/**
 * Follows the framing of gRPC (a flag, four bytes of length, the message) without keeping any of it: how much is held
 * of messages that came, and how large the one is that has begun.
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

  /** The size the largest message so far claimed to have, also when it has not come yet. */
  get largest(): number {
    return this.#largest;
  }

  /** Bytes held, heads included. */
  get held(): number {
    return this.#whole + this.#begun;
  }

  /** Whoever reads has taken all messages that are complete. */
  taken(): void {
    this.#whole = 0;
  }
}
