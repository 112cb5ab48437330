import { totalEntryBytes } from "../core/entry.ts";
import type { Message } from "../core/message.ts";
import type { FramedMessage } from "../wire/message-codec.ts";
import { FRAME_BYTES_MAX, QUEUE_BYTES_MAX, QUEUE_MESSAGES_MAX } from "./limits.ts";

/** What a message without entries costs in a frame, in bytes: an estimate from above. */
const MESSAGE_OVERHEAD_BYTES = 64;

/** Messages that wait for one peer, bounded by count and bytes. */
export class SendQueue {
  #messages: FramedMessage[] = [];
  #bytes = 0;
  #wake: (() => void) | null = null;

  /** Returns false when there is no room: the message is dropped, and Raft sends it again in its own time. */
  push(message: FramedMessage): boolean {
    const bytes = messageBytes(message);
    if (this.#messages.length >= QUEUE_MESSAGES_MAX || this.#bytes + bytes > QUEUE_BYTES_MAX) return false;
    this.#messages.push(message);
    this.#bytes += bytes;
    this.#wake?.();
    return true;
  }

  /** Resolves when there is something to send, or `wake` was called. One waiter only. */
  async wait(): Promise<void> {
    if (this.#messages.length > 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    await promise;
    this.#wake = null;
  }

  /** Lets the waiter look at something else, the end of its connection for one. */
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
    return frame;
  }

  /** Returns whether anything was dropped. */
  clear(): boolean {
    const had = this.#messages.length > 0;
    this.#messages = [];
    this.#bytes = 0;
    return had;
  }
}

function messageBytes(message: Message): number {
  return MESSAGE_OVERHEAD_BYTES + (message.kind === "appendEntries" ? totalEntryBytes(message.entries) : 0);
}
