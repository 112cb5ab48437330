import type { Message } from "../../../raft/core/message.ts";
import type { RaftId } from "../../../raft/ids.ts";
import type { Random } from "../../../shared/ports/random.ts";
import type { EventQueue } from "./event-queue.ts";
import type { SimOptions } from "./options.ts";

export interface NetworkEvents {
  /** Something befell a message; told for statistics. */
  onFault(what: "messageLost" | "messageCut" | "messageDoubled" | "messageOvertaken"): void;
  onDeliver(message: Message): void;
  onLost(message: Message): void;
}

/** Carries messages: late, twice, out of order, not at all; and not across a cut, which may be one-way. */
export class SimNetwork {
  readonly #queue: EventQueue;
  readonly #random: Random;
  readonly #options: SimOptions;
  readonly #events: NetworkEvents;
  readonly #cut = new Set<number>();
  readonly #lastArrival = new Map<number, number>();
  #faulty = true;
  /** What was sent before the network became well is lost with its connections. */
  #generation = 0;

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
    if (!twice || message.kind === "installSnapshot") return;
    this.#events.onFault("messageDoubled");
    this.#deliverLater(message);
  }

  /** Messages from the first group to the second are lost from now on. */
  cut(from: Iterable<RaftId>, to: readonly RaftId[]): void {
    for (const a of from) for (const b of to) this.#cut.add(link(a, b));
  }

  /** Every cut is healed; with `forEver` nothing sent from now on is lost or doubled any more either. */
  heal(forEver: boolean): void {
    this.#cut.clear();
    if (!forEver) return;
    this.#faulty = false;
    this.#generation++;
  }

  #isLost({ from, to }: Message): boolean {
    if (this.#cut.size > 0 && this.#cut.has(link(from, to))) {
      this.#events.onFault("messageCut");
      return true;
    }
    if (!this.#faulty || this.#random.below(100) >= this.#options.dropPercent) return false;
    this.#events.onFault("messageLost");
    return true;
  }

  #deliverLater(message: Message): void {
    let at = this.#queue.now + this.#delay();
    const key = link(message.from, message.to);
    const last = this.#lastArrival.get(key) ?? 0;
    if (this.#options.fifo) at = Math.max(at, last);
    else if (at < last) this.#events.onFault("messageOvertaken");
    if (at > last) this.#lastArrival.set(key, at);
    const generation = this.#generation;
    this.#queue.schedule(at - this.#queue.now, () => {
      if (generation === this.#generation) this.#events.onDeliver(message);
      else this.#events.onLost(message);
    });
  }

  /** Skewed like an exponential, without logarithms, whose last digits differ between machines. */
  #delay(): number {
    const mean = this.#faulty ? this.#options.delayMsMean : 1;
    const scale = 1 << this.#random.below(3);
    return this.#random.below(mean * scale + 1);
  }
}

/** More than ever take part in a run. */
const IDS_MAX = 4_096;

function link(from: RaftId, to: RaftId): number {
  return from * IDS_MAX + to;
}
