import { totalEntryBytes } from "../core/entry.ts";
import type { Message } from "../core/message.ts";
import type { FramedMessage } from "../wire/message-codec.ts";
import { FRAME_BYTES_MAX, QUEUE_BYTES_MAX, QUEUE_MESSAGES_MAX } from "./limits.ts";

/** What a message without entries costs in a frame, in bytes: an estimate from above. */
const MESSAGE_OVERHEAD_BYTES = 64;

/**
 * Messages waiting for one peer, limited by count and bytes.
 *
 * An append without entries is _lazy_: usually it only carries a new commit index, which the next append carries as
 * well. It waits for that append, or for a timeout, which halves the messages that a change costs.
 */
export class SendQueue {
  #messages: FramedMessage[] = [];
  #bytes = 0;
  /** Everything that is waiting is lazy. */
  #isLazy = true;
  #wake: (() => void) | null = null;

  /** Returns false when there is no room: the message is dropped, and Raft sends it again in due course. */
  push(message: FramedMessage): boolean {
    const bytes = messageBytes(message);
    if (this.#messages.length >= QUEUE_MESSAGES_MAX || this.#bytes + bytes > QUEUE_BYTES_MAX) return false;
    if (message.kind === "appendEntries") this.#dropSuperseded();
    this.#messages.push(message);
    this.#bytes += bytes;
    if (isLazy(message)) return true;
    this.#isLazy = false;
    this.#wake?.();
    return true;
  }

  /** Only lazy messages are waiting: they should be sent after a while. */
  get isLazy(): boolean {
    return this.#isLazy && this.#messages.length > 0;
  }

  /** Resolves when there is something to send that is not lazy, or `wake` was called. One waiter only. */
  async wait(): Promise<void> {
    if (!this.#isLazy) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    await promise;
    this.#wake = null;
  }

  /** Lets the waiter look at something else, such as the end of its connection. */
  wake(): void {
    this.#wake?.();
  }

  /** Takes what fits in one frame; at least one message when there is any. */
  takeFrame(): readonly FramedMessage[] {
    let count = 0;
    let bytes = 0;
    while (count < this.#messages.length && (count === 0 || bytes < FRAME_BYTES_MAX)) {
      bytes += messageBytes(this.#messages[count] as FramedMessage);
      count++;
    }
    const frame = this.#messages.slice(0, count);
    this.#messages = this.#messages.slice(count);
    this.#bytes -= bytes;
    this.#isLazy = this.#messages.every(isLazy);
    return frame;
  }

  /** Returns whether anything was dropped. */
  clear(): boolean {
    const had = this.#messages.length > 0;
    this.#messages = [];
    this.#bytes = 0;
    this.#isLazy = true;
    return had;
  }

  /** An append follows that says at least as much as the lazy one before it. */
  #dropSuperseded(): void {
    const last = this.#messages.at(-1);
    if (last === undefined || !isLazy(last)) return;
    this.#messages.pop();
    this.#bytes -= messageBytes(last);
  }
}

function isLazy(message: Message): boolean {
  return message.kind === "appendEntries" && message.entries.length === 0;
}

function messageBytes(message: Message): number {
  return MESSAGE_OVERHEAD_BYTES + (message.kind === "appendEntries" ? totalEntryBytes(message.entries) : 0);
}
