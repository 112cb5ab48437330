import { mustHave } from "../../../shared/invariant.ts";
import { type Random, shuffled } from "../../../shared/ports/random.ts";
import { type Endpoint, toKey } from "../wire/address.ts";
import { isGone, type Member } from "./member.ts";

/** Members known at once: far more than this protocol supports, and a limit on invented ones. */
export const MEMBERS_MAX = 50_000;
/** Random picks for each wanted member before giving up; the predicate may hold for only a few. */
const PICKS_PER_MEMBER = 3;

const RING = 2 ** 32;

/**
 * A name's place on the ring. FNV-1a, so that neighbours in name, which may share a rack, are not neighbours on the
 * ring.
 */
export function placeOnRing(name: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < name.length; at++) hash = Math.imul(hash ^ name.charCodeAt(at), 0x01000193) >>> 0;
  return hash;
}

/**
 * All known members, and the shuffled order in which they are probed: each once a round, so none waits longer (SWIM
 * 4.3).
 */
export class MemberTable {
  readonly #byName = new Map<string, Member>();
  /** The member at each address; if there are two, the one that came last. */
  readonly #byEndpoint = new Map<string, Member>();
  readonly #random: Random;
  #order: Member[] = [];
  #probeAt = 0;
  /** Null when it must be determined again. */
  #neighbour: Member | null = null;
  #present = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  get(name: string): Member | undefined {
    return this.#byName.get(name);
  }

  /** The same, to be changed. (Thousands of simulated members share what none of them has changed.) */
  own(name: string): Member | undefined {
    return this.get(name);
  }

  get size(): number {
    return this.#order.length;
  }

  /** The member at an endpoint, if known; even one that is gone. */
  at(endpoint: Endpoint): Member | undefined {
    return this.#byEndpoint.get(toKey(endpoint));
  }

  all(): readonly Member[] {
    return this.#order;
  }

  /** Members that are neither dead nor left; the n of every formula. */
  get present(): number {
    return this.#present;
  }

  /** Takes a new member in, at a random place of the order, so that newcomers are not all probed last. */
  add(member: Member): void {
    this.#byName.set(member.name, member);
    this.#byEndpoint.set(toKey(member.endpoint), member);
    const at = this.#random.below(this.#order.length + 1);
    this.#order.push(member);
    const last = this.#order.length - 1;
    [this.#order[at], this.#order[last]] = [this.#at(last), this.#at(at)];
    if (!isGone(member)) this.#present++;
    this.#neighbour = null;
  }

  /** It is reached elsewhere from now on. */
  move(member: Member, endpoint: Endpoint): void {
    this.#leavePlace(member);
    member.endpoint = endpoint;
    this.#byEndpoint.set(toKey(endpoint), member);
  }

  /** The only place where a state changes, so that the count stays right. */
  setState(member: Member, state: Member["state"], nowMs: number): void {
    const wasGone = isGone(member);
    if (member.state !== state) member.stateSinceMs = nowMs;
    member.state = state;
    this.#present += Number(wasGone) - Number(isGone(member));
    if (wasGone !== isGone(member)) this.#neighbour = null;
  }

  /**
   * The next to probe, without `self` and those that are gone; at the end of the round `onRound` may forget some, and a
   * new order begins.
   */
  nextToProbe(self: string, onRound: () => void): Member | null {
    for (let looked = 0; looked <= this.#order.length; looked++) {
      if (this.#probeAt >= this.#order.length) {
        onRound();
        this.#order = shuffled(this.#random, this.#order);
        this.#probeAt = 0;
      }
      const member = this.#order[this.#probeAt++];
      if (member !== undefined && member.name !== self && !isGone(member)) return member;
    }
    return null;
  }

  /**
   * The next member on the ring of all names that is not gone. The ring is the same for everybody, so each member has
   * one that watches it.
   */
  neighbour(self: string): Member | null {
    this.#neighbour ??= this.#findNeighbour(self);
    return this.#neighbour;
  }

  #findNeighbour(self: string): Member | null {
    const from = placeOnRing(self);
    let nearest: Member | null = null;
    let nearestBy = Number.POSITIVE_INFINITY;
    for (const member of this.#order) {
      if (member.name === self || isGone(member)) continue;
      const by = (placeOnRing(member.name) - from + RING) % RING;
      if (by >= nearestBy) continue;
      nearest = member;
      nearestBy = by;
    }
    return nearest;
  }

  /** Up to `count` different members for which `isWanted` holds, at random. */
  pick(count: number, isWanted: (member: Member) => boolean): readonly Member[] {
    const picked = new Set<Member>();
    const size = this.#order.length;
    // In a small table, chance may miss the only match for a long time; there it is cheaper to look at all.
    if (size <= count * PICKS_PER_MEMBER) {
      return shuffled(this.#random, this.#order.filter(isWanted)).slice(0, count);
    }
    for (let tries = 0; tries < PICKS_PER_MEMBER * size && picked.size < count; tries++) {
      const member = this.#at(this.#random.below(size));
      if (isWanted(member)) picked.add(member);
    }
    return [...picked];
  }

  /** Forgets members; only those that are gone may be forgotten. */
  remove(isForgotten: (member: Member) => boolean): readonly Member[] {
    const forgotten = this.#order.filter((member) => isGone(member) && isForgotten(member));
    if (forgotten.length === 0) return forgotten;
    for (const member of forgotten) {
      this.#byName.delete(member.name);
      this.#leavePlace(member);
    }
    this.#order = this.#order.filter(({ name }) => this.#byName.has(name));
    return forgotten;
  }

  #leavePlace(member: Member): void {
    const key = toKey(member.endpoint);
    if (this.#byEndpoint.get(key) === member) this.#byEndpoint.delete(key);
  }

  #at(index: number): Member {
    return mustHave(this.#order[index], "a member at an index inside the table");
  }
}
