import { INDEX_ZERO } from "../ids.ts";
import { decision, isUnderLease, rejectOldPreVote, rejectOldVote } from "./election.ts";
import type { Message } from "./message.ts";
import type { RaftState } from "./raft-state.ts";
import { becomeFollower } from "./roles.ts";

/**
 * Settles the term of every message in the same way, before any role looks at it: afterwards the message is of the
 * present term (or one of the few that need not be), so the roles need not deal with terms at all.
 */
export function settleTerm(raft: RaftState, message: Message): "settled" | "dropped" {
  // Passed-on proposals and reads carry no term.
  if (message.term === 0 || message.term === raft.term) return "settled";
  return message.term > raft.term ? onHigherTerm(raft, message) : onLowerTerm(raft, message);
}

function onHigherTerm(raft: RaftState, message: Message): "settled" | "dropped" {
  const { kind, from, term } = message;
  switch (kind) {
    case "preVoteRequest":
    case "voteRequest":
      if (isUnderLease(raft, message.reason)) {
        // Not even its term counts: a server that was cut off cannot unseat a leader that the others can hear.
        const leaseTicks = raft.options.electionTicks - raft.electionElapsed;
        raft.trace({ kind: "voteIgnored", leaseTicks, ...decision(raft, message) });
        return "dropped";
      }
      // A pre-vote only asks; it never changes our term.
      if (kind === "preVoteRequest") return "settled";
      break;
    case "preVoteResponse":
      // We asked about this term ourselves. It begins only if the pre-vote is won. A refusal, however, carries the
      // refuser's own term, and if that is higher we are behind.
      if (message.granted) return "settled";
      break;
    default:
      break;
  }
  raft.trace({ kind: "higherTerm", own: raft.term, message: kind, from, term });
  // Only a leader of that term sends these.
  const fromLeader = kind === "appendEntries" || kind === "heartbeat" || kind === "installSnapshot";
  becomeFollower(raft, term, fromLeader ? from : null);
  return "settled";
}

function onLowerTerm(raft: RaftState, message: Message): "dropped" {
  const { kind, from, term } = message;
  const guarded = raft.options.checkQuorum || raft.options.preVote;
  if (guarded && (kind === "heartbeat" || kind === "appendEntries")) {
    // A leader of an earlier term that others still follow. We may be stuck: it ignores our term because we cannot win
    // a vote under its lease, and we ignore it because our term is higher. Any answer of ours makes it step down, and
    // then all meet in our term.
    raft.send({ kind: "appendEntriesResponse", to: from, index: INDEX_ZERO, rejection: null });
  } else if (kind === "preVoteRequest") {
    // Groups being switched to pre-vote could otherwise wait on each other for ever.
    rejectOldPreVote(raft, message);
  } else {
    raft.trace({ kind: "lowerTerm", own: raft.term, message: kind, from, term });
    if (kind === "voteRequest" && !raft.tracker.progress.has(from)) rejectOldVote(raft, message);
  }
  return "dropped";
}
