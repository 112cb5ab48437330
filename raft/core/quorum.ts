import type { LogIndex, RaftId } from "../ids.ts";

/** The state of a vote: more than half said yes; not yet decided; more than half can no longer say yes. */
export type VoteResult = "won" | "pending" | "lost";

/** Two majorities that must both agree; `outgoing` is empty outside a joint configuration (Raft thesis 4.3). */
export interface JointVoters {
  readonly incoming: ReadonlySet<RaftId>;
  readonly outgoing: ReadonlySet<RaftId>;
}

/** An empty half agrees to everything, so that joint rules hold for simple configurations too. */
const AGREES_TO_ALL = Number.POSITIVE_INFINITY;

export function majorityOf(count: number): number {
  return Math.floor(count / 2) + 1;
}

/**
 * The largest index that a majority has acknowledged: sort what each voter acknowledged and take the median.
 * A voter that `acked` does not know counts as 0. Infinity for no voters at all.
 */
export function majorityCommitted(voters: ReadonlySet<RaftId>, acked: (id: RaftId) => LogIndex | undefined): number {
  if (voters.size === 0) return AGREES_TO_ALL;
  const indexes = Array.from(voters, (id) => acked(id) ?? 0).sort((a, b) => a - b);
  return indexes[voters.size - majorityOf(voters.size)] as number;
}

/** Both halves must have acknowledged it: the lesser of the two medians. Infinity for no voters at all. */
export function jointCommitted(voters: JointVoters, acked: (id: RaftId) => LogIndex | undefined): number {
  return Math.min(majorityCommitted(voters.incoming, acked), majorityCommitted(voters.outgoing, acked));
}

/** `votes` answers true (yes), false (no) or undefined (nothing heard). No voters: won. */
export function majorityVote(voters: ReadonlySet<RaftId>, votes: (id: RaftId) => boolean | undefined): VoteResult {
  if (voters.size === 0) return "won";
  let yes = 0;
  let silent = 0;
  for (const id of voters) {
    const vote = votes(id);
    if (vote === undefined) silent++;
    else if (vote) yes++;
  }
  const needed = majorityOf(voters.size);
  if (yes >= needed) return "won";
  return yes + silent >= needed ? "pending" : "lost";
}

export function jointVote(voters: JointVoters, votes: (id: RaftId) => boolean | undefined): VoteResult {
  const incoming = majorityVote(voters.incoming, votes);
  const outgoing = majorityVote(voters.outgoing, votes);
  if (incoming === outgoing) return incoming;
  return incoming === "lost" || outgoing === "lost" ? "lost" : "pending";
}

/** Everyone in either half. */
export function jointIds(voters: JointVoters): Set<RaftId> {
  return new Set([...voters.incoming, ...voters.outgoing]);
}
