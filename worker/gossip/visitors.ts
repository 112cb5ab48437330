import { Crowd, type CrowdLimits } from "../../shared/crowd.ts";
import type { InstantMs } from "../../shared/ports/clock.ts";
import { ReadBudget } from "../../shared/rpc/read-budget.ts";
import type { GossipStream } from "./gossip-transport.ts";
import { STREAM_BYTES_MAX } from "./wire/stream.ts";

/**
 * Concurrent connections from others: an exchange holds the whole cluster's state, and in other systems thousands of
 * them have held gigabytes.
 */
export const STREAMS_MAX = 256;
/**
 * Until its first bytes, which members send with the handshake's last packet; one loss of that packet is waited for.
 */
export const FIRST_BYTES_MS = 2_000;
/** Bytes held of members' streams while they come in. A frame cannot be checked before its end. */
export const HELD_BYTES_MAX = 64 * 1024 * 1024;
/**
 * The same for all strangers, and for one: a host that joins for the first time knows hardly anyone and sends a few
 * hundred bytes.
 */
export const STRANGERS_HELD_BYTES_MAX = 8 * 1024 * 1024;
export const STRANGER_HELD_BYTES_MAX = 1024 * 1024;

/**
 * Seats of connections that have not brought a whole message under our keys. A member has one exchange and a few pings
 * at a time; containers of its host come from its address too. What a stranger sends is read and decrypted in vain, up
 * to STRANGER_HELD_BYTES_MAX each time: the rates limit that.
 */
export const VISITORS: CrowdLimits = {
  strangersMax: 128,
  perAddressMax: 8,
  perMemberAddressMax: 16,
  strangers: { burst: 500, perSecond: 100 },
  perAddress: { burst: 16, perSecond: 2 },
  perMemberAddress: { burst: 64, perSecond: 32 },
};

export interface VisitorsDeps {
  readonly now: () => InstantMs;
  /** Whether a member, also a lost one, or a seed has this address. */
  readonly isMember: (address: string) => boolean;
}

/** Who has a connection to us, and how much of their input is held: members first. */
export class Visitors {
  readonly #crowd: Crowd<GossipStream>;
  readonly #members = new ReadBudget(HELD_BYTES_MAX, STREAM_BYTES_MAX);
  readonly #strangers = new ReadBudget(STRANGERS_HELD_BYTES_MAX, STRANGER_HELD_BYTES_MAX);
  #present = 0;

  constructor({ now, isMember }: VisitorsDeps) {
    this.#crowd = new Crowd(VISITORS, { now, isMember, evict: (stream) => stream.close() });
  }

  /** Whether there is a seat; a stream that gets one must give it back with `leave`. */
  enter(stream: GossipStream): boolean {
    if (this.#present >= STREAMS_MAX || !this.#crowd.enter(stream, stream.peer.address)) return false;
    this.#present++;
    return true;
  }

  /** It has brought a message that only a member can have made. */
  prove(stream: GossipStream): void {
    this.#crowd.prove(stream);
  }

  leave(stream: GossipStream): void {
    this.#present--;
    this.#crowd.leave(stream);
  }

  /**
   * A counter for what one stream brings; disposing it releases everything. `isOurs`: we opened the connection, so we
   * know the peer.
   */
  holdFor({ peer: { address } }: GossipStream, isOurs: boolean): Held {
    const isFirst = isOurs || this.#crowd.comesFirst(address);
    return isFirst
      ? new Held(this.#members, address, STREAM_BYTES_MAX)
      : new Held(this.#strangers, address, STRANGER_HELD_BYTES_MAX);
  }
}

/** What is held of one stream. */
export class Held implements Disposable {
  readonly #budget: ReadBudget;
  readonly #address: string;
  /** Of one message. */
  readonly bytesMax: number;
  #bytes = 0;

  constructor(budget: ReadBudget, address: string, bytesMax: number) {
    this.bytesMax = bytesMax;
    this.#budget = budget;
    this.#address = address;
  }

  /** False when that is more than may be held for its address, or in all. */
  add(bytes: number): boolean {
    this.#bytes += bytes;
    return this.#budget.change(this.#address, bytes);
  }

  [Symbol.dispose](): void {
    if (this.#bytes > 0) this.#budget.change(this.#address, -this.#bytes);
    this.#bytes = 0;
  }
}
