import type { Random } from "../../../shared/ports/random.ts";
import { isGone, type Member } from "../../../worker/gossip/core/member.ts";
import { MemberTable, placeOnRing } from "../../../worker/gossip/core/member-table.ts";

const PICKS_PER_MEMBER = 20;

/** What all members know of each other at the beginning; never changed. */
export class SharedMembers {
  readonly members: readonly Member[];
  readonly indexOf = new Map<string, number>();
  /** Indexes in the order of the ring, and each member's place in that. */
  readonly ring: readonly number[];
  readonly placeOf: readonly number[];

  constructor(members: readonly Member[]) {
    this.members = members;
    members.forEach(({ name }, index) => {
      this.indexOf.set(name, index);
    });
    this.ring = members
      .map(({ name }, index) => ({ index, place: placeOnRing(name) }))
      .sort((a, b) => a.place - b.place)
      .map(({ index }) => index);
    const placeOf: number[] = [];
    this.ring.forEach((index, place) => {
      placeOf[index] = place;
    });
    this.placeOf = placeOf;
  }
}

/**
 * One member's table that keeps only what it learnt since the beginning: ten thousand tables of ten thousand members
 * would be thirty gigabytes. Who is probed next comes from a permutation that needs no memory. Nobody is forgotten.
 */
export class SharedTable extends MemberTable {
  readonly #shared: SharedMembers;
  readonly #own = new Map<number, Member>();
  readonly #random: Random;
  #presentHere: number;
  #probed = 0;
  #step = 1;
  #start = 0;

  constructor(shared: SharedMembers, random: Random) {
    super(random);
    this.#shared = shared;
    this.#random = random;
    this.#presentHere = shared.members.length;
    this.#reshuffle();
  }

  override get(name: string): Member | undefined {
    const index = this.#shared.indexOf.get(name);
    return index === undefined ? undefined : this.#member(index);
  }

  override own(name: string): Member | undefined {
    const index = this.#shared.indexOf.get(name);
    if (index === undefined) return undefined;
    let own = this.#own.get(index);
    if (own === undefined) {
      own = { ...this.#member(index), accusers: new Set() };
      this.#own.set(index, own);
    }
    return own;
  }

  override at(): undefined {
    return undefined;
  }

  override get size(): number {
    return this.#shared.members.length;
  }

  override all(): readonly Member[] {
    return this.#shared.members.map((_, index) => this.#member(index));
  }

  override get present(): number {
    return this.#presentHere;
  }

  /** Only for who is there already: oneself. */
  override add(member: Member): void {
    const index = this.#shared.indexOf.get(member.name);
    if (index === undefined) throw new Error(`${member.name} is none of the shared members`);
    this.#own.set(index, member);
  }

  override move(member: Member, endpoint: Member["endpoint"]): void {
    member.endpoint = endpoint;
  }

  override setState(member: Member, state: Member["state"], nowMs: number): void {
    const wasGone = isGone(member);
    if (member.state !== state) member.stateSinceMs = nowMs;
    member.state = state;
    this.#presentHere += Number(wasGone) - Number(isGone(member));
  }

  override nextToProbe(self: string): Member | null {
    for (let looked = 0; looked <= this.size; looked++) {
      if (this.#probed >= this.size) this.#reshuffle();
      const member = this.#member((this.#start + this.#probed++ * this.#step) % this.size);
      if (member.name !== self && !isGone(member)) return member;
    }
    return null;
  }

  override neighbour(self: string): Member | null {
    const { indexOf, ring, placeOf } = this.#shared;
    const from = placeOf[indexOf.get(self) ?? 0] ?? 0;
    for (let step = 1; step < this.size; step++) {
      const member = this.#member(ring[(from + step) % this.size] ?? 0);
      if (!isGone(member)) return member;
    }
    return null;
  }

  override pick(count: number, isWanted: (member: Member) => boolean): readonly Member[] {
    const picked = new Set<Member>();
    for (let tries = 0; tries < PICKS_PER_MEMBER * count && picked.size < count; tries++) {
      const member = this.#member(this.#random.below(this.size));
      if (isWanted(member)) picked.add(member);
    }
    return [...picked];
  }

  override remove(): readonly Member[] {
    return [];
  }

  #member(index: number): Member {
    const member = this.#own.get(index) ?? this.#shared.members[index];
    if (member === undefined) throw new RangeError(`there is no member ${index}`);
    return member;
  }

  #reshuffle(): void {
    this.#probed = 0;
    this.#start = this.#random.below(this.size);
    do this.#step = 1 + this.#random.below(this.size);
    while (divisor(this.#step, this.size) !== 1);
  }
}

function divisor(a: number, b: number): number {
  return b === 0 ? a : divisor(b, a % b);
}
