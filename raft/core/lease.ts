import type { LogIndex, RaftId } from "../ids.ts";
import { type JointVoters, jointCommitted } from "./quorum.ts";

/**
 * How long a leader may answer reads by itself after a quorum heard from it, in its own ticks. A voter that has heard
 * from a leader votes for no one for `electionTicks` of its own, of which the first may be over at once. If each clock
 * is off by `driftPercent`, its ticks may be shorter and the leader's longer by as much (Raft thesis 6.4.1, made
 * exact).
 */
export function leaseTicksOf(electionTicks: number, driftPercent: number): number {
  return Math.floor(((electionTicks - 1) * (100 - driftPercent)) / (100 + driftPercent));
}

/**
 * What a leader knows about the promises its voters gave: each heartbeat carries a round, the number of ticks since the
 * leadership began, and an answer brings it back. So a promise counts from when the heartbeat left, not from when the
 * answer came. Check-quorum alone would not be a lease: it notices a lost quorum up to two election timeouts late, and
 * others may vote after one.
 */
export class Lease {
  readonly #ticksMax: number;
  #round = 1;
  #ended = false;
  readonly #acked = new Map<RaftId, number>();

  constructor(ticksMax: number) {
    this.#ticksMax = ticksMax;
  }

  /** What the next heartbeat must carry. */
  get round(): number {
    return this.#round;
  }

  /** Some member was asked to take over: then voters do not keep their promises, even if the request arrives late. */
  get hasEnded(): boolean {
    return this.#ended;
  }

  end(): void {
    this.#ended = true;
  }

  tick(): void {
    this.#round++;
  }

  /** Time passed without ticks: enough to void every promise given so far. */
  onTimeMissed(): void {
    this.#round += this.#ticksMax;
  }

  /** `from` has heard the heartbeat of this round. Rounds from the future are not ours. */
  acknowledge(from: RaftId, round: number): void {
    if (round <= this.#round) this.#acked.set(from, Math.max(round, this.#acked.get(from) ?? 0));
  }

  /** Whether no one else can have been elected by now. */
  isHeld(voters: JointVoters, self: RaftId): boolean {
    if (this.#ended) return false;
    const since = jointCommitted(voters, (id) => (id === self ? this.#round : (this.#acked.get(id) ?? 0)) as LogIndex);
    return since > 0 && this.#round - since < this.#ticksMax;
  }
}
