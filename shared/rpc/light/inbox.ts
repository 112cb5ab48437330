/** Bytes that may wait for their reader before the sender is held back: as much as a pipe of the kernel takes. */
export const INBOX_BYTES_MAX = 64 * 1024;

/** Messages that have arrived and wait for their one reader, who gets what came before the end as well. */
export class MessageInbox {
  readonly #onFull: (isFull: boolean) => void;
  readonly #waiting: Buffer[] = [];
  #bytes = 0;
  #isFull = false;
  #end: { readonly error: Error | null } | null = null;
  #wake: (() => void) | null = null;

  /** @param onFull is told when the sender should be held back, and when it may go on. */
  constructor(onFull: (isFull: boolean) => void) {
    this.#onFull = onFull;
  }

  /** After the end it is dropped. */
  push(message: Buffer): void {
    if (this.#end !== null) return;
    this.#waiting.push(message);
    this.#bytes += message.length;
    this.#note();
    this.#wake?.();
  }

  /** No more messages come, perhaps because of an error; the first end counts. */
  end(error: Error | null): void {
    if (this.#end !== null) return;
    this.#end = { error };
    this.#wake?.();
  }

  /** As `end`, and what still waits is dropped, since nobody wants it any more. */
  close(error: Error | null = null): void {
    this.#waiting.length = 0;
    this.#bytes = 0;
    this.#note();
    this.end(error);
  }

  /** null = there are no more. @throws the error with which they ended. */
  async take(): Promise<Buffer | null> {
    for (;;) {
      const message = this.#waiting.shift();
      if (message !== undefined) {
        this.#bytes -= message.length;
        this.#note();
        return message;
      }
      if (this.#end !== null) {
        if (this.#end.error !== null) throw this.#end.error;
        return null;
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = null;
    }
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer> {
    for (let message = await this.take(); message !== null; message = await this.take()) yield message;
  }

  #note(): void {
    const isFull = this.#bytes >= INBOX_BYTES_MAX;
    if (isFull === this.#isFull) return;
    this.#isFull = isFull;
    this.#onFull(isFull);
  }
}
