import type { LogIndex, RaftId, Term } from "../ids.ts";
import type { ConfChange, EntryId } from "./entry.ts";
import type { MessageKind } from "./message.ts";
import type { Progress } from "./progress.ts";
import type { SnapshotMeta } from "./snapshot.ts";
import type { Configuration } from "./tracker.ts";

/** Where the core reports what it does. A plain function: printing, counting and keeping are up to the receiver. */
export type TraceSink = (event: TraceEvent) => void;

/**
 * What happened inside the core, as data. Printers turn it into log lines (raft/core/printer.ts) or into transcripts;
 * simulations count it. `progress` is the live object: read it at once or not at all.
 */
export type TraceEvent =
  // Roles
  | {
      readonly kind: "created";
      readonly voters: readonly RaftId[];
      readonly term: Term;
      readonly committed: LogIndex;
      readonly applied: LogIndex;
      readonly last: EntryId;
    }
  | { readonly kind: "becameFollower"; readonly term: Term }
  | { readonly kind: "becamePreCandidate"; readonly term: Term }
  | { readonly kind: "becameCandidate"; readonly term: Term }
  | { readonly kind: "becameLeader"; readonly term: Term }
  // Elections
  | {
      readonly kind: "campaignIgnored";
      readonly why: "alreadyLeader" | "unpromotable" | "unappliedConfChange";
      readonly term: Term;
    }
  | { readonly kind: "campaignStarted"; readonly term: Term }
  | {
      readonly kind: "voteRequested";
      readonly request: MessageKind;
      readonly last: EntryId;
      readonly to: RaftId;
      readonly term: Term;
    }
  | {
      readonly kind: "voteReceived";
      readonly response: MessageKind;
      readonly from: RaftId;
      readonly granted: boolean;
      readonly term: Term;
    }
  | {
      readonly kind: "votesCounted";
      readonly response: MessageKind;
      readonly granted: number;
      readonly rejected: number;
    }
  | (VoteDecision & { readonly kind: "voteCast" })
  | (VoteDecision & { readonly kind: "voteRejected" })
  | (VoteDecision & { readonly kind: "voteIgnored"; readonly leaseTicks: number })
  | { readonly kind: "timeoutNowReceived"; readonly from: RaftId; readonly term: Term }
  | { readonly kind: "timeoutNowIgnored"; readonly from: RaftId; readonly term: Term }
  | { readonly kind: "quorumLost" }
  | { readonly kind: "committedLearned"; readonly committed: EntryId }
  | { readonly kind: "leaderForgotten"; readonly leader: RaftId; readonly term: Term }
  | { readonly kind: "forgetLeaderRefused" }
  | { readonly kind: "leaderGone"; readonly leader: RaftId; readonly waitTicks: number }
  // Terms
  | {
      readonly kind: "higherTerm";
      readonly own: Term;
      readonly message: MessageKind;
      readonly from: RaftId;
      readonly term: Term;
    }
  | {
      readonly kind: "lowerTerm";
      readonly own: Term;
      readonly message: MessageKind;
      readonly from: RaftId;
      readonly term: Term;
    }
  | { readonly kind: "lowerTermPersisted"; readonly own: Term; readonly term: Term }
  // Replication
  | { readonly kind: "appendRejected"; readonly prev: EntryId; readonly ownTerm: Term; readonly from: RaftId }
  | { readonly kind: "rejectionReceived"; readonly index: LogIndex; readonly hint: EntryId; readonly from: RaftId }
  | { readonly kind: "progressDecreased"; readonly peer: RaftId; readonly progress: Progress }
  | { readonly kind: "peerUnreachable"; readonly peer: RaftId; readonly progress: Progress }
  | {
      readonly kind: "snapshotSent";
      readonly peer: RaftId;
      readonly first: LogIndex;
      readonly commit: LogIndex;
      readonly snapshot: EntryId;
      readonly progress: Progress;
    }
  | { readonly kind: "snapshotPaused"; readonly peer: RaftId; readonly progress: Progress }
  | { readonly kind: "snapshotNotSent"; readonly peer: RaftId; readonly why: "inactive" | "unavailable" }
  | { readonly kind: "snapshotRecovered"; readonly peer: RaftId; readonly progress: Progress }
  | { readonly kind: "snapshotReported"; readonly peer: RaftId; readonly ok: boolean; readonly progress: Progress }
  | { readonly kind: "noProgress"; readonly peer: RaftId }
  // Log
  | {
      readonly kind: "conflictFound";
      readonly index: LogIndex;
      readonly existingTerm: Term;
      readonly conflictingTerm: Term;
    }
  | { readonly kind: "unstableReplaced" | "unstableTruncated"; readonly from: LogIndex }
  | { readonly kind: "stableEntryMissing" | "stableEntryIsSnapshot"; readonly index: LogIndex }
  | { readonly kind: "stableEntryOverwritten"; readonly stable: EntryId; readonly held: EntryId }
  | { readonly kind: "snapshotRestoring"; readonly log: LogDescription; readonly snapshot: SnapshotMeta }
  | {
      readonly kind: "snapshotRestored";
      readonly commit: LogIndex;
      readonly last: EntryId;
      readonly snapshot: SnapshotMeta;
    }
  | {
      readonly kind: "snapshotFastForwarded";
      readonly commit: LogIndex;
      readonly last: EntryId;
      readonly snapshot: SnapshotMeta;
    }
  | {
      readonly kind: "snapshotAccepted" | "snapshotIgnored";
      readonly commit: LogIndex;
      readonly snapshot: SnapshotMeta;
    }
  | { readonly kind: "snapshotNotForUs"; readonly why: "notFollower" | "notMember"; readonly snapshot: SnapshotMeta }
  // Membership
  | { readonly kind: "configurationSwitched"; readonly configuration: Configuration }
  | { readonly kind: "leavingJoint"; readonly configuration: Configuration; readonly refused: string | null }
  | {
      readonly kind: "confChangeIgnored";
      readonly change: ConfChange;
      readonly configuration: Configuration;
      readonly why: string;
    }
  // Proposals, reads, transfers
  | { readonly kind: "proposalDropped"; readonly why: DropReason; readonly term: Term; readonly leader: RaftId | null }
  | { readonly kind: "readDropped"; readonly term: Term }
  | { readonly kind: "transferStarted"; readonly to: RaftId; readonly term: Term }
  | {
      readonly kind: "transferIgnored";
      readonly to: RaftId;
      readonly why: "learner" | "inProgress" | "self" | "noLeader";
      readonly term: Term;
    }
  | { readonly kind: "transferReplaced"; readonly previous: RaftId; readonly term: Term }
  | { readonly kind: "timeoutNowSent"; readonly to: RaftId; readonly caughtUp: "at once" | "later" };

/** Why a proposal was dropped. It never commits; its owner may propose the same again. */
export type DropReason = "noLeader" | "notForwarded" | "notMember" | "transferring" | "tooMuchUncommitted";

interface VoteDecision {
  readonly request: MessageKind;
  readonly ownLast: EntryId;
  readonly vote: RaftId | null;
  readonly from: RaftId;
  readonly last: EntryId;
  readonly term: Term;
}

/** The log's cursors, for traces. */
export interface LogDescription {
  readonly committed: LogIndex;
  readonly applied: LogIndex;
  readonly applying: LogIndex;
  readonly unstableOffset: LogIndex;
  readonly unstableOffsetInProgress: LogIndex;
  readonly unstableCount: number;
}
