import type { Input } from "../core/input.ts";
import { INBOX_MESSAGES_MAX } from "./limits.ts";
import type { PendingProposal } from "./pending-proposals.ts";

/** What waits for the loop's next turn. */
export type InboxItem =
  | { readonly kind: "input"; readonly input: Input }
  | { readonly kind: "proposal"; readonly proposal: PendingProposal }
  /** Something to do between two inputs, when the core may be read and changed. */
  | { readonly kind: "run"; readonly run: () => void };

/**
 * Everything that happens to a node, in order of arrival. Callbacks only append here and the loop drains it once a
 * turn, so that one synced write serves everything that has come in since.
 */
export class Inbox {
  #items: InboxItem[] = [];
  #onItem: (() => void) | null = null;
  #woken = false;
  #onRoom: (() => void)[] = [];

  get length(): number {
    return this.#items.length;
  }

  push(item: InboxItem): void {
    this.#items.push(item);
    this.wake();
  }

  /** Ends the loop's wait without an item: time has passed, or it should stop. */
  wake(): void {
    this.#woken = true;
    this.#onItem?.();
  }

  /** Resolves once there is something to look at. One waiter only: the loop. */
  async wait(): Promise<void> {
    if (!this.#woken) {
      await new Promise<void>((resolve) => {
        this.#onItem = resolve;
      });
    }
    this.#onItem = null;
    this.#woken = false;
  }

  /** Hands over everything and lets held-back senders go on. */
  drain(): readonly InboxItem[] {
    const items = this.#items;
    this.#items = [];
    const waiting = this.#onRoom;
    this.#onRoom = [];
    for (const resume of waiting) resume();
    return items;
  }

  /** Resolves when there is room for messages from peers; only those are held back, not this node's own requests. */
  async room(): Promise<void> {
    while (this.#items.length >= INBOX_MESSAGES_MAX) {
      await new Promise<void>((resolve) => this.#onRoom.push(resolve));
    }
  }
}
