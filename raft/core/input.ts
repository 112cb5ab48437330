import type { LogIndex, RaftId, Term } from "../ids.ts";
import type { ConfChange, EntryId, Proposal } from "./entry.ts";
import type { Message } from "./message.ts";
import type { DropReason } from "./trace.ts";

/** Everything that may happen to a core. */
export type Input =
  /** One tick of time has passed. */
  | { readonly kind: "tick" }
  /**
   * More time has passed than the ticks account for: the process did not run, and the shell did not make up for all of
   * it.
   */
  | { readonly kind: "timeMissed" }
  /** From a peer; or, after the write they waited for, a promise of this node to itself. */
  | { readonly kind: "message"; readonly message: Message }
  /** To be appended together and in this order, or dropped together. Not empty. */
  | { readonly kind: "propose"; readonly proposals: readonly Proposal[] }
  /** Stand for election now. */
  | { readonly kind: "campaign" }
  /** Requests a linearizable read; `token` comes back in a ReadState. */
  | { readonly kind: "readIndex"; readonly token: number }
  | { readonly kind: "transferLeadership"; readonly to: RaftId }
  /** The application knows the leader to be dead: pre-votes may be granted, the term stays. */
  | { readonly kind: "forgetLeader" }
  /** The connection to this peer's process was closed. A hint; it may be wrong. */
  | { readonly kind: "leaderConnectionClosed"; readonly peer: RaftId }
  | { readonly kind: "peerUnreachable"; readonly peer: RaftId }
  /** The outcome of a snapshot sent to this peer. Every one must be reported. */
  | { readonly kind: "snapshotReport"; readonly peer: RaftId; readonly ok: boolean }
  | PersistedInput
  | AppliedInput
  /**
   * The shell has reached this change among the committed entries; to be stepped before that list is reported as
   * applied.
   */
  | { readonly kind: "confChangeApplied"; readonly change: ConfChange };

/** The write of a Ready is durable. Made by the core with the Ready, stepped by the shell after the write. */
export interface PersistedInput {
  readonly kind: "persisted";
  /** The term when the Ready was taken: in a later one the entries may have been overwritten. */
  readonly term: Term;
  /** The last entry handed out to be written by then. */
  readonly last: EntryId | null;
  /** The index of the received snapshot that was written. */
  readonly snapshot: LogIndex | null;
}

/** The committed entries of a Ready are applied. Made by the core with the Ready. */
export interface AppliedInput {
  readonly kind: "applied";
  readonly index: LogIndex;
  readonly entryBytes: number;
  readonly payloadBytes: number;
}

/** The result of an input. `dropped`: the proposal or read will never be answered; the sender may try again. */
export type Outcome =
  | { readonly kind: "done" }
  | { readonly kind: "dropped"; readonly why: DropReason }
  /** An answer from a non-member counts for nothing. */
  | { readonly kind: "peerNotFound" };

export const DONE: Outcome = { kind: "done" };
