import type { LogIndex, RaftId, RaftMember, Term } from "../ids.ts";

/** Names one entry for ever: two logs that hold the same id hold the same entry and the same prefix (Log Matching). */
export interface EntryId {
  readonly term: Term;
  readonly index: LogIndex;
}

interface NormalEntry extends EntryId {
  readonly kind: "normal";
  /** What was proposed. Empty: the entry a leader starts its term with, or a refused membership change. */
  readonly data: Uint8Array;
}

interface ConfChangeEntry extends EntryId {
  readonly kind: "confChange";
  readonly change: ConfChange;
}

/** Entries are shared between log, network and storage, so they are never modified once made. */
export type Entry = NormalEntry | ConfChangeEntry;

/** An entry before the leader has given it its place. */
export type Proposal =
  | { readonly kind: "normal"; readonly data: Uint8Array }
  | { readonly kind: "confChange"; readonly change: ConfChange };

export type ConfChangeOperation =
  | { readonly kind: "addVoter"; readonly id: RaftId }
  | { readonly kind: "addLearner"; readonly id: RaftId }
  | { readonly kind: "remove"; readonly id: RaftId }
  /** Changes nothing in the group; carries news about a member (its address). Never changes its role. */
  | { readonly kind: "update"; readonly id: RaftId };

/**
 * A change of membership. No operations = leave the joint configuration.
 * `auto` is joint only if more than one operation requires it; `jointImplicit` is always joint and is left
 * automatically; `jointExplicit` stays joint until told to leave.
 */
export interface ConfChange {
  readonly transition: "auto" | "jointImplicit" | "jointExplicit";
  readonly operations: readonly ConfChangeOperation[];
  /** The member added or updated, so that everyone who applies the change learns its address. */
  readonly member: RaftMember | null;
}

export const LEAVE_JOINT: ConfChange = { transition: "auto", operations: [], member: null };

export function isLeaveJoint(change: ConfChange): boolean {
  return change.transition === "auto" && change.operations.length === 0;
}

/** What `index` and `term` cost on the wire and on disk beside the payload, in bytes: an estimate from above. */
const ENTRY_OVERHEAD_BYTES = 16;
/** One membership operation with its member, in bytes: an estimate. */
const OPERATION_BYTES = 32;

/** The user's part of an entry, in bytes; 0 for entries that must never be refused for lack of room. */
export function payloadBytes(entry: Entry | Proposal): number {
  return entry.kind === "normal" ? entry.data.length : entry.change.operations.length * OPERATION_BYTES;
}

/** What the entry costs in a message or a write, in bytes; never 0. */
export function entryBytes(entry: Entry): number {
  return ENTRY_OVERHEAD_BYTES + payloadBytes(entry);
}

export function totalPayloadBytes(entries: readonly (Entry | Proposal)[]): number {
  return entries.reduce((sum, entry) => sum + payloadBytes(entry), 0);
}

export function totalEntryBytes(entries: readonly Entry[]): number {
  return entries.reduce((sum, entry) => sum + entryBytes(entry), 0);
}

/** The longest prefix of at most `bytesMax` bytes, but always at least one entry: progress comes before the limit. */
export function limitEntries(entries: readonly Entry[], bytesMax: number): readonly Entry[] {
  let bytes = 0;
  for (let count = 0; count < entries.length; count++) {
    bytes += entryBytes(entries[count] as Entry);
    if (bytes > bytesMax && count > 0) return entries.slice(0, count);
  }
  return entries;
}
