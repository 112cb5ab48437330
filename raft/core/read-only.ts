import type { LogIndex, RaftId } from "../ids.ts";
import { type JointVoters, jointCommitted } from "./quorum.ts";

/** A read waiting for proof that its leader still leads. */
export interface PendingRead {
  /** Who asked; the leader itself or a follower. */
  readonly from: RaftId;
  /** The sender's own name for the read. */
  readonly token: number;
  /** The commit index when the read arrived: what the reader must have applied before it answers. */
  readonly index: LogIndex;
}

/**
 * Reads by ReadIndex (Raft thesis 6.4). Each read takes the next number; heartbeats carry the newest, answers bring
 * back what was carried. The numbers that a quorum brought back are found like the commit index, so an answer to a
 * later heartbeat also confirms every earlier read, and a lost heartbeat costs only time.
 */
export class ReadOnly {
  /** The number of the oldest read in `#pending`. */
  #first: number;
  #pending: PendingRead[] = [];
  readonly #acked = new Map<RaftId, number>();

  /** If numbers below `first` were used for something else, answers to those confirm nothing. */
  constructor(first = 1) {
    this.#first = first;
  }

  /** What the next heartbeat must carry; null = no read is waiting. */
  get newestSequence(): number | null {
    return this.#pending.length === 0 ? null : this.#first + this.#pending.length - 1;
  }

  add(read: PendingRead): void {
    this.#pending.push(read);
  }

  /** A member heard a heartbeat that carried `sequence`. Numbers from the future are not ours. */
  acknowledge(from: RaftId, sequence: number): void {
    const newest = this.newestSequence ?? this.#first - 1;
    if (sequence > newest) return;
    this.#acked.set(from, Math.max(sequence, this.#acked.get(from) ?? 0));
  }

  /** The reads that a quorum has confirmed, oldest first; they are handed over and then forgotten. */
  takeConfirmed(voters: JointVoters): readonly PendingRead[] {
    const upTo = jointCommitted(voters, (id) => this.#acked.get(id) as LogIndex | undefined);
    const count = Math.max(0, Math.min(this.#pending.length, upTo - this.#first + 1));
    const confirmed = this.#pending.slice(0, count);
    this.#pending = this.#pending.slice(count);
    this.#first += count;
    return confirmed;
  }
}
