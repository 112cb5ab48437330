import type { LogIndex, RaftId, Term } from "../ids.ts";
import type { Entry, EntryId, Proposal } from "./entry.ts";
import type { Snapshot } from "./snapshot.ts";

interface Envelope {
  readonly from: RaftId;
  readonly to: RaftId;
  /** The sender's term; for a pre-vote request the term it would start; TERM_ZERO for `propose` and `readIndex`. */
  readonly term: Term;
}

/**
 * Why a candidate stands for election. It travels with the request, since it decides whether the voter's lease holds.
 */
export type CampaignReason =
  /** No leader was heard from for an election timeout. */
  | "timeout"
  /** The leader asked for it; the lease does not count. */
  | "transfer"
  /** The connection to the leader's process was closed; a lease that was not recently renewed does not count. */
  | "leaderGone";

interface VoteRequestFields {
  /** The candidate's last entry. */
  readonly last: EntryId;
  readonly reason: CampaignReason;
  /** As in the answer. */
  readonly committed: EntryId;
}

interface VoteResponseFields {
  readonly granted: boolean;
  /** The last entry that the sender knows to be committed: true whatever the outcome of the vote, and in every term. */
  readonly committed: EntryId;
}

/** What members say to one another. The tag is the name used in logs, golden files and metrics. */
export type Message = Envelope &
  (
    | ({ readonly kind: "preVoteRequest" } & VoteRequestFields)
    | ({ readonly kind: "voteRequest" } & VoteRequestFields)
    | ({ readonly kind: "preVoteResponse" } & VoteResponseFields)
    | ({ readonly kind: "voteResponse" } & VoteResponseFields)
    | {
        readonly kind: "appendEntries";
        /** The entry just before `entries`. */
        readonly prev: EntryId;
        readonly entries: readonly Entry[];
        /** The leader's commit index. */
        readonly commit: LogIndex;
      }
    | {
        readonly kind: "appendEntriesResponse";
        /**
         * Accepted: the log matches the leader's up to here and is durable. Rejected: the `prev.index` that did not
         * match.
         */
        readonly index: LogIndex;
        readonly rejection: AppendRejection | null;
      }
    | {
        readonly kind: "heartbeat";
        /** Never beyond what the leader knows the receiver to hold. */
        readonly commit: LogIndex;
        /** The newest read that this heartbeat confirms; null = none is waiting. */
        readonly readSequence: number | null;
      }
    | { readonly kind: "heartbeatResponse"; readonly readSequence: number | null }
    | { readonly kind: "installSnapshot"; readonly snapshot: Snapshot }
    | { readonly kind: "timeoutNow" }
    /** Passed on by a follower; `from` is the member that is to lead. */
    | { readonly kind: "transferLeadership" }
    /** Passed on by a follower, where that is allowed. */
    | { readonly kind: "propose"; readonly proposals: readonly Proposal[] }
    /** Passed on by a follower; `token` is its own and comes back. */
    | { readonly kind: "readIndex"; readonly token: number }
    | { readonly kind: "readIndexResponse"; readonly token: number; readonly index: LogIndex }
  );

/** Where the receiver's log could match: its largest index whose term is not above the rejected `prev.term`. */
export interface AppendRejection {
  readonly hintIndex: LogIndex;
  /** TERM_ZERO = not known (compacted). */
  readonly hintTerm: Term;
}

export type MessageKind = Message["kind"];
export type MessageOf<Kind extends MessageKind> = Extract<Message, { readonly kind: Kind }>;

/** Answers are taken only from members: anyone else's cannot count towards anything. */
export function isResponse(message: Message): boolean {
  switch (message.kind) {
    case "preVoteResponse":
    case "voteResponse":
    case "appendEntriesResponse":
    case "heartbeatResponse":
    case "readIndexResponse":
      return true;
    default:
      return false;
  }
}
