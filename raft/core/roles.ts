import { invariant } from "../../shared/invariant.ts";
import { type RaftId, type Term, toTerm } from "../ids.ts";
import type { RaftState } from "./raft-state.ts";
import { appendProposals } from "./replication.ts";

/*
   The only places where a role changes.

                     timeout, or leader gone            majority grants               majority votes
        follower ---------------------------> preCandidate -------------> candidate ----------------> leader
           ^                                       |                          |                         |
           +---------------------------------------+--------------------------+-------------------------+
                 a leader or a higher term is seen; a majority refuses; a leader loses its quorum or is removed
*/

/** `leader` null: the term has no leader that we know of. */
export function becomeFollower(raft: RaftState, term: Term, leader: RaftId | null): void {
  raft.reset(term);
  raft.role = "follower";
  raft.leader = leader;
  raft.trace({ kind: "becameFollower", term });
}

/**
 * Asks whether an election could be won, without touching the term: a cut-off node then disturbs no one when it
 * returns.
 */
export function becomePreCandidate(raft: RaftState): void {
  invariant(raft.role !== "leader", "a leader cannot become a pre-candidate");
  raft.tracker.resetVotes();
  raft.leader = null;
  raft.role = "preCandidate";
  raft.trace({ kind: "becamePreCandidate", term: raft.term });
}

export function becomeCandidate(raft: RaftState): void {
  invariant(raft.role !== "leader", "a leader cannot become a candidate");
  raft.reset(toTerm(raft.term + 1));
  raft.vote = raft.id;
  raft.role = "candidate";
  raft.trace({ kind: "becameCandidate", term: raft.term });
}

export function becomeLeader(raft: RaftState): void {
  invariant(raft.role !== "follower", "a follower cannot become leader without an election");
  raft.reset(raft.term);
  raft.leader = raft.id;
  raft.role = "leader";
  const own = raft.tracker.mustGet(raft.id);
  own.becomeReplicate();
  own.recentActive = true;
  // There may be a membership change among the inherited entries: none may be proposed before all of them are applied.
  raft.pendingConfIndex = raft.log.lastIndex();
  // Nothing from earlier terms counts as committed until an entry of this term is; so one is appended at once (Raft
  // 5.4.2, 8).
  const appended = appendProposals(raft, [{ kind: "normal", data: new Uint8Array(0) }]);
  invariant(appended, "the empty entry of a new term is never refused");
  raft.trace({ kind: "becameLeader", term: raft.term });
}
