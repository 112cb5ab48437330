import type { Message } from "../../../raft/core/message.ts";
import type { RaftId } from "../../../raft/raft-handle.ts";
import type { Random } from "../../../shared/ports/random.ts";
import type { EventQueue } from "./event-queue.ts";
import type { SimOptions } from "./options.ts";

export interface NetworkEvents {
  onDeliver(message: Message): void;
  onLost(message: Message): void;
}

/** Carries messages: late, twice, out of order, not at all; and not across a cut, which may be one-way. */
export class SimNetwork {
  readonly #queue: EventQueue;
  readonly #random: Random;
  readonly #options: SimOptions;
  readonly #events: NetworkEvents;
  readonly #cut = new Set<string>();
  readonly #lastArrival = new Map<string, number>();
  #faulty = true;

  constructor(queue: EventQueue, random: Random, options: SimOptions, events: NetworkEvents) {
    this.#queue = queue;
    this.#random = random;
    this.#options = options;
    this.#events = events;
  }

  send(message: Message): void {
    if (this.#isLost(message)) {
      // Not known at once: whoever sent it finds out by the connection's end, if at all.
      this.#queue.schedule(this.#delay(), () => this.#events.onLost(message));
      return;
    }
    this.#deliverLater(message);
    const twice = this.#faulty && this.#random.below(100) < this.#options.duplicatePercent;
    if (twice && message.kind !== "installSnapshot") this.#deliverLater(message);
  }

  /** Messages from the first group to the second are lost from now on. */
  cut(from: Iterable<RaftId>, to: readonly RaftId[]): void {
    for (const a of from) for (const b of to) this.#cut.add(link(a, b));
  }

  /** Every cut is healed; with `forEver` nothing is lost or doubled any more either. */
  heal(forEver: boolean): void {
    this.#cut.clear();
    if (forEver) this.#faulty = false;
  }

  #isLost({ from, to }: Message): boolean {
    return this.#cut.has(link(from, to)) || (this.#faulty && this.#random.below(100) < this.#options.dropPercent);
  }

  #deliverLater(message: Message): void {
    let at = this.#queue.now + this.#delay();
    if (this.#options.fifo) {
      const key = link(message.from, message.to);
      at = Math.max(at, this.#lastArrival.get(key) ?? 0);
      this.#lastArrival.set(key, at);
    }
    this.#queue.schedule(at - this.#queue.now, () => this.#events.onDeliver(message));
  }

  /** Skewed like an exponential, without logarithms, whose last digits differ between machines. */
  #delay(): number {
    const mean = this.#faulty ? this.#options.delayMsMean : 1;
    const scale = 1 << this.#random.below(3);
    return this.#random.below(mean * scale + 1);
  }
}

function link(from: RaftId, to: RaftId): string {
  return `${from}>${to}`;
}
