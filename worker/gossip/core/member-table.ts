import { mustHave } from "../../../shared/invariant.ts";
import { type Random, shuffled } from "../../../shared/ports/random.ts";
import { isGone, type Member } from "./member.ts";

/** Random picks for each member wanted, before giving up; the predicate may hold for few. */
const PICKS_PER_MEMBER = 3;

/** All known members, and the shuffled order in which they are probed: each once a round, so none waits longer (SWIM 4.3). */
export class MemberTable {
  readonly #byName = new Map<string, Member>();
  readonly #random: Random;
  #order: Member[] = [];
  #probeAt = 0;
  #present = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  get(name: string): Member | undefined {
    return this.#byName.get(name);
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
    const at = this.#random.below(this.#order.length + 1);
    this.#order.push(member);
    const last = this.#order.length - 1;
    [this.#order[at], this.#order[last]] = [this.#at(last), this.#at(at)];
    if (!isGone(member)) this.#present++;
  }

  /** The only place where a state changes, so that the count stays right. */
  setState(member: Member, state: Member["state"], nowMs: number): void {
    const wasGone = isGone(member);
    if (member.state !== state) member.stateSinceMs = nowMs;
    member.state = state;
    this.#present += Number(wasGone) - Number(isGone(member));
  }

  /** The next to probe, gone ones and `self` left out; at the end of the round `onRound` may forget some, and a new order begins. */
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

  /** Up to `count` different members for which `isWanted` holds, at random. */
  pick(count: number, isWanted: (member: Member) => boolean): readonly Member[] {
    const picked = new Set<Member>();
    const size = this.#order.length;
    // In a small table chance may miss the only one that fits for long; there it is cheaper to look at all.
    if (size <= count * PICKS_PER_MEMBER) {
      return shuffled(this.#random, this.#order.filter(isWanted)).slice(0, count);
    }
    for (let tries = 0; tries < PICKS_PER_MEMBER * size && picked.size < count; tries++) {
      const member = this.#at(this.#random.below(size));
      if (isWanted(member)) picked.add(member);
    }
    return [...picked];
  }

  /** Forgets members; only gone ones may go. */
  remove(isForgotten: (member: Member) => boolean): readonly Member[] {
    const forgotten = this.#order.filter((member) => isGone(member) && isForgotten(member));
    if (forgotten.length === 0) return forgotten;
    for (const { name } of forgotten) this.#byName.delete(name);
    this.#order = this.#order.filter(({ name }) => this.#byName.has(name));
    return forgotten;
  }

  #at(index: number): Member {
    return mustHave(this.#order[index], "a member at an index inside the table");
  }
}
