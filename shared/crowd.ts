import type { InstantMs } from "./ports/clock.ts";

/** How many arrivals at once, and how many a second in the long run. */
export interface Rate {
  readonly burst: number;
  readonly perSecond: number;
}

export interface CrowdLimits {
  /** Seats of all strangers together. */
  readonly strangersMax: number;
  /** Seats of one stranger's address. */
  readonly perAddressMax: number;
  /** Seats of one member's address for peers that have not proven themselves: other programs may run there too. */
  readonly perMemberAddressMax: number;
  readonly strangers: Rate;
  readonly perAddress: Rate;
  readonly perMemberAddress: Rate;
}

/** Addresses whose rates and proofs are remembered; about 200 bytes each. */
const ADDRESSES_MAX = 4_096;
/** How long an address counts as a member's after a peer there has proven to be one. */
const PROOF_LASTS_MS = 10 * 60_000;

/**
 * Who may hold a connection at a port that anyone can reach. A peer is a stranger until it has proven to be a member; a
 * proven member is no longer counted here. Addresses of members come first: they have seats of their own, which no
 * stranger takes. Among strangers every address gets its share: when all seats are taken, a newcomer gets the oldest
 * seat of the address that holds most, so that one address cannot keep all others out. IPv6 peers are counted by their
 * /64, because a single host may own all of one.
 */
export class Crowd<Seat> {
  readonly #limits: CrowdLimits;
  readonly #now: () => InstantMs;
  readonly #isMember: (address: string) => boolean;
  readonly #evict: (seat: Seat) => void;
  readonly #whose = new Map<Seat, string>();
  /** Oldest seat first. */
  readonly #strangers = new Map<string, Set<Seat>>();
  readonly #atMembers = new Map<string, Set<Seat>>();
  #strangerSeats = 0;
  readonly #allowance: Bucket;
  readonly #buckets = new Map<string, Bucket>();
  readonly #proven = new Map<string, InstantMs>();

  /** `evict` is called with a seat that was given to somebody else and has already been taken away. */
  constructor(
    limits: CrowdLimits,
    options: {
      readonly now: () => InstantMs;
      readonly isMember: (address: string) => boolean;
      readonly evict: (seat: Seat) => void;
    },
  ) {
    this.#limits = limits;
    this.#now = options.now;
    this.#isMember = options.isMember;
    this.#evict = options.evict;
    this.#allowance = new Bucket(limits.strangers, options.now());
  }

  /** Whether there is a seat for a peer at `address`. */
  enter(seat: Seat, address: string): boolean {
    const group = groupOf(address);
    const isMember = this.comesFirst(address);
    const { perAddressMax, perMemberAddressMax, perAddress, perMemberAddress, strangersMax } = this.#limits;
    const seats = isMember ? this.#atMembers : this.#strangers;
    const own = seats.get(group) ?? new Set();
    if (own.size >= (isMember ? perMemberAddressMax : perAddressMax)) return false;
    const nowMs = this.#now();
    if (!this.#bucketOf(group, isMember ? perMemberAddress : perAddress, nowMs).take(nowMs)) return false;
    if (!isMember && !this.#allowance.take(nowMs)) return false;
    own.add(seat);
    seats.set(group, own);
    this.#whose.set(seat, group);
    if (isMember) return true;
    this.#strangerSeats++;
    if (this.#strangerSeats > strangersMax) this.#makeRoom();
    return true;
  }

  /** Idempotent. */
  leave(seat: Seat): void {
    const group = this.#whose.get(seat);
    if (group === undefined) return;
    this.#whose.delete(seat);
    if (remove(this.#strangers, group, seat)) this.#strangerSeats--;
    else remove(this.#atMembers, group, seat);
  }

  /** The peer has proven to be a member: its seat is free again, and its address comes first from now on. */
  prove(seat: Seat): void {
    const group = this.#whose.get(seat);
    if (group === undefined) return;
    this.leave(seat);
    remember(this.#proven, group, this.#now());
  }

  /** Addresses that are remembered in some way. */
  get addresses(): number {
    return this.#buckets.size + this.#proven.size + this.#strangers.size + this.#atMembers.size;
  }

  /** Whether an address is a member's, or was one not long ago. */
  comesFirst(address: string): boolean {
    const provenMs = this.#proven.get(groupOf(address));
    return (provenMs !== undefined && this.#now() - provenMs < PROOF_LASTS_MS) || this.#isMember(address);
  }

  #makeRoom(): void {
    let most: Set<Seat> | null = null;
    for (const own of this.#strangers.values()) if (most === null || own.size > most.size) most = own;
    for (const oldest of most ?? []) {
      this.leave(oldest);
      this.#evict(oldest);
      return;
    }
  }

  #bucketOf(group: string, rate: Rate, nowMs: InstantMs): Bucket {
    const known = this.#buckets.get(group);
    const bucket = known?.rate === rate ? known : new Bucket(rate, nowMs);
    remember(this.#buckets, group, bucket);
    return bucket;
  }
}

/** Tokens that are refilled over time. */
class Bucket {
  readonly rate: Rate;
  #tokens: number;
  #atMs: InstantMs;

  constructor(rate: Rate, nowMs: InstantMs) {
    this.rate = rate;
    this.#tokens = rate.burst;
    this.#atMs = nowMs;
  }

  take(nowMs: InstantMs): boolean {
    const { burst, perSecond } = this.rate;
    this.#tokens = Math.min(burst, this.#tokens + ((nowMs - this.#atMs) / 1_000) * perSecond);
    this.#atMs = nowMs;
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }
}

function remove<Seat>(seats: Map<string, Set<Seat>>, group: string, seat: Seat): boolean {
  const own = seats.get(group);
  if (own?.delete(seat) !== true) return false;
  if (own.size === 0) seats.delete(group);
  return true;
}

/** Moves it to the end, and forgets whoever was silent longest. */
function remember<Value>(map: Map<string, Value>, key: string, value: Value): void {
  map.delete(key);
  map.set(key, value);
  for (const oldest of map.keys()) {
    if (map.size <= ADDRESSES_MAX) break;
    map.delete(oldest);
  }
}

/** The IPv4 address, even if an IPv6 socket reports it as mapped; for IPv6, the first half. */
function groupOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  if (!address.includes(":")) return address;
  const [head = "", tail] = (address.split("%")[0] ?? "").split("::");
  const left = head === "" ? [] : head.split(":");
  const right = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros =
    tail === undefined ? [] : Array.from({ length: Math.max(0, 8 - left.length - right.length) }, () => "0");
  return [...left, ...zeros, ...right].slice(0, 4).join(":").toLowerCase();
}
