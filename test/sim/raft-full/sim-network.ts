import type { RaftId } from "../../../raft/ids.ts";
import type { Random } from "../../../shared/ports/random.ts";
import type { EventQueue } from "../raft/event-queue.ts";
import type { NetworkEnd, SnapshotParcel } from "./network-end.ts";

export interface NetworkOptions {
  /**
   * Frames of one stream keep their order; else they overtake each other, as those of streams that were opened anew.
   */
  readonly fifo: boolean;
  readonly delayMsMean: number;
  readonly dropPercent: number;
  readonly duplicatePercent: number;
  /** Those who are removed are often not told. */
  readonly losesFarewells: boolean;
}

/** The stream from one process to a node. */
interface Way {
  /** A number for each stream; frames of an earlier one are lost. */
  stream: number;
  lastArrival: number;
  /** Until then it is being opened anew. */
  openAt: number;
}

/** As production: the first try after a break comes soon, later ones within a second. */
const RECONNECT_MS_MAX = 1_000;
/** A process' kernel tells its peers within this time that it is gone. */
const CLOSE_MS_MAX = 5;
/** How often it is looked whether a process that does not take what it is sent has ended. */
const END_LOOK_MS = 50;

/**
 * Carries frames and snapshots between the processes that listen at addresses: late, twice, out of order, not at all,
 * and not across a cut, which may be one-way. Streams break, are opened again, and sometimes only seem to stand.
 */
export class SimNetwork {
  readonly #queue: EventQueue;
  readonly #random: Random;
  readonly #options: NetworkOptions;
  readonly #byAddress = new Map<string, NetworkEnd>();
  readonly #ways = new Map<string, Way>();
  readonly #cut = new Set<string>();
  #faulty = false;

  constructor(queue: EventQueue, random: Random, options: NetworkOptions) {
    this.#queue = queue;
    this.#random = random;
    this.#options = options;
  }

  /** From now on anything may happen to what is sent. */
  beginFaults(): void {
    this.#faulty = true;
  }

  get serving(): readonly NetworkEnd[] {
    return [...this.#byAddress.values()].filter(({ isServing }) => isServing);
  }

  onServing(transport: NetworkEnd): void {
    this.#byAddress.set(transport.address, transport);
  }

  /** The process ended, or closed its transport: most of its peers hear of it. */
  onGone(transport: NetworkEnd): void {
    const { self } = transport;
    if (this.#byAddress.get(transport.address) === transport) this.#byAddress.delete(transport.address);
    if (self === null) return;
    for (const peer of this.serving) {
      const reaches = !this.#isCut(transport.process.nodeId, peer.process.nodeId);
      if (!reaches || (this.#faulty && this.#random.below(4) === 0)) continue;
      this.#breakWay(peer, transport.process.nodeId);
      peer.process.after(this.#random.below(CLOSE_MS_MAX), () => {
        peer.onConnectionClosed(self);
        peer.onUnreachable(self);
      });
    }
  }

  sendFrame(from: NetworkEnd, peer: RaftId, address: string, bytes: Uint8Array): void {
    const to = this.#byAddress.get(address);
    if (to === undefined || this.#isLost(from, to)) {
      // Not known at once: whoever sent it finds out by the connection's end, if at all.
      if (this.#random.below(3) === 0) from.process.after(this.#delay(), () => from.onUnreachable(peer));
      return;
    }
    this.#deliverLater(from, to, bytes);
    if (this.#faulty && this.#random.below(100) < this.#options.duplicatePercent) this.#deliverLater(from, to, bytes);
  }

  sendFarewell(from: NetworkEnd, peer: RaftId, address: string, bytes: Uint8Array): void {
    if (this.#faulty && this.#options.losesFarewells && this.#random.below(4) > 0) return;
    this.sendFrame(from, peer, address, bytes);
  }

  /** On a stream of its own, and its fate is always told, though sometimes late and sometimes wrongly. */
  sendSnapshot(from: NetworkEnd, address: string, parcel: SnapshotParcel, report: (ok: boolean) => void): void {
    const slow = this.#faulty && this.#random.below(8) === 0 ? this.#random.below(5_000) : 0;
    this.#queue.schedule(this.#delay() + slow, () => {
      const to = this.#byAddress.get(address);
      const lost = to === undefined || this.#isLost(from, to) || (this.#faulty && this.#random.below(10) === 0);
      if (lost) {
        from.process.after(this.#delay(), () => report(false));
        return;
      }
      const fate = { isTold: false };
      const tell = (ok: boolean): void => {
        fate.isTold = true;
        from.process.after(this.#delay(), () => report(ok));
      };
      to.process.run(() => {
        const taken = to.takeSnapshot(parcel, from.process.nodeId);
        tell(taken && !this.#isCut(to.process.nodeId, from.process.nodeId));
      });
      if (!fate.isTold) this.#awaitEnd(to, fate, () => tell(false));
    });
  }

  /** A paused process may end without ever taking what it was sent: its kernel closes the stream then. */
  #awaitEnd(to: NetworkEnd, fate: { readonly isTold: boolean }, onEnd: () => void): void {
    this.#queue.schedule(END_LOOK_MS, () => {
      if (fate.isTold) return;
      if (to.process.isDead) onEnd();
      else this.#awaitEnd(to, fate, onEnd);
    });
  }

  /** What the first send to the second is lost from now on. */
  cut(from: Iterable<string>, to: readonly string[]): void {
    for (const a of from) for (const b of to) this.#cut.add(link(a, b));
  }

  /** The stream from one process to another breaks off, and both notice. */
  breakStream(from: NetworkEnd, to: NetworkEnd): void {
    const [sender, receiver] = [from.self, to.self];
    if (sender === null || receiver === null) return;
    this.#breakWay(from, to.process.nodeId);
    to.process.after(this.#random.below(CLOSE_MS_MAX), () => to.onConnectionClosed(sender));
    from.process.after(this.#random.below(CLOSE_MS_MAX), () => {
      from.onConnectionClosed(receiver);
      from.onUnreachable(receiver);
    });
  }

  /** Every cut is healed; with `forEver` nothing is lost or doubled any more either. */
  heal(forEver: boolean): void {
    this.#cut.clear();
    if (!forEver) return;
    this.#faulty = false;
    for (const way of this.#ways.values()) way.openAt = 0;
  }

  #isLost(from: NetworkEnd, to: NetworkEnd): boolean {
    if (this.#isCut(from.process.nodeId, to.process.nodeId)) return true;
    if (!this.#faulty) return false;
    return (
      this.#wayOf(from, to.process.nodeId).openAt > this.#queue.now ||
      this.#random.below(100) < this.#options.dropPercent
    );
  }

  #isCut(from: string, to: string): boolean {
    return this.#cut.has(link(from, to));
  }

  #deliverLater(from: NetworkEnd, to: NetworkEnd, bytes: Uint8Array): void {
    const way = this.#wayOf(from, to.process.nodeId);
    const { stream } = way;
    let at = this.#queue.now + this.#delay();
    if (this.#options.fifo) {
      at = Math.max(at, way.lastArrival);
      way.lastArrival = at;
    }
    this.#queue.schedule(at - this.#queue.now, () => {
      if (way.stream === stream) to.process.run(() => this.#take(from, to, bytes));
    });
  }

  #take(from: NetworkEnd, to: NetworkEnd, bytes: Uint8Array): void {
    const refusal = to.takeFrame(bytes, from.process.nodeId);
    if (refusal === null || this.#isCut(to.process.nodeId, from.process.nodeId)) return;
    if (this.#faulty && this.#options.losesFarewells && this.#random.below(4) > 0) return;
    from.process.after(this.#delay(), () => from.onRefused(refusal));
  }

  #breakWay(from: NetworkEnd, to: string): void {
    const way = this.#wayOf(from, to);
    way.stream++;
    way.openAt = this.#queue.now + (this.#faulty ? this.#random.below(RECONNECT_MS_MAX) : 0);
  }

  #wayOf(from: NetworkEnd, to: string): Way {
    const key = `${from.process.nodeId}.${from.process.life}>${to}`;
    const present = this.#ways.get(key);
    if (present !== undefined) return present;
    const way = { stream: 0, lastArrival: 0, openAt: 0 };
    this.#ways.set(key, way);
    return way;
  }

  /** Skewed like an exponential, without logarithms, whose last digits differ between machines. */
  #delay(): number {
    const mean = this.#faulty ? this.#options.delayMsMean : 1;
    const scale = 1 << this.#random.below(3);
    return this.#random.below(mean * scale + 1);
  }
}

function link(from: string, to: string): string {
  return `${from}>${to}`;
}
