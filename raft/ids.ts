/** Members, terms and places in the log: numbers that cannot be mistaken for each other. */
import type { Brand } from "../shared/ids.ts";
import { invariant } from "../shared/invariant.ts";

/** A member's number in the Raft group: 1 .. 2^48-1, never reused. */
export type RaftId = Brand<number, "RaftId">;
export type Term = Brand<number, "Term">;
export type LogIndex = Brand<number, "LogIndex">;

/** A manager as the group knows it. */
export interface RaftMember {
  readonly raftId: RaftId;
  readonly nodeId: string;
  /** HOST:PORT. */
  readonly address: string;
}

/** Before the first entry: what `prev` is for entry 1. */
export const INDEX_ZERO = 0 as LogIndex;
/** Nobody has voted yet; also the term of messages that carry none (forwarded proposals and reads). */
export const TERM_ZERO = 0 as Term;
/** Ids are below this, so that they fit the wire and a double with room to spare. */
const RAFT_ID_MAX = 2 ** 48 - 1;

/** @throws InvariantError unless 0 <= value <= 2^53 - 1 and whole: beyond that a double silently rounds. */
export function toLogIndex(value: number): LogIndex {
  invariant(Number.isSafeInteger(value) && value >= 0, () => `not a log index: ${value}`);
  return value as LogIndex;
}

/** @throws InvariantError unless 0 <= value <= 2^53 - 1 and whole. */
export function toTerm(value: number): Term {
  invariant(Number.isSafeInteger(value) && value >= 0, () => `not a term: ${value}`);
  return value as Term;
}

/** @throws InvariantError unless 1 <= value <= RAFT_ID_MAX and whole. */
export function toRaftId(value: number): RaftId {
  invariant(Number.isSafeInteger(value) && value >= 1 && value <= RAFT_ID_MAX, () => `not a raft id: ${value}`);
  return value as RaftId;
}

export function indexMax(a: LogIndex, b: LogIndex): LogIndex {
  return a >= b ? a : b;
}

export function indexMin(a: LogIndex, b: LogIndex): LogIndex {
  return a <= b ? a : b;
}

/** The index `by` places after (or, negative, before) `index`. */
export function indexPlus(index: LogIndex, by: number): LogIndex {
  return toLogIndex(index + by);
}

export function sortedIds(ids: Iterable<RaftId>): RaftId[] {
  return [...ids].sort((a, b) => a - b);
}
