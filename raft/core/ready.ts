import type { RaftId } from "../ids.ts";
import { type Entry, totalEntryBytes, totalPayloadBytes } from "./entry.ts";
import type { AppliedInput, Input, PersistedInput } from "./input.ts";
import type { Message } from "./message.ts";
import type { HardState } from "./options.ts";
import type { RaftState, ReadState, Role } from "./raft-state.ts";
import type { Snapshot } from "./snapshot.ts";

/** What people and dashboards want to know; never written. */
export interface SoftState {
  readonly leader: RaftId | null;
  readonly role: Role;
}

/**
 * The core's only output: what the shell must do, in this order.
 *
 *   1. send `messages`              (may go in parallel with 2)
 *   2. write hardState, entries and snapshot in one batch, synced if `mustSync`
 *   3. send `messagesAfterPersist`, step every input of `afterPersist`
 *   4. apply `committed`, step `afterApply`
 *
 * Safety depends on 3 not coming before 2: see RaftState.sendAt.
 */
export interface Ready {
  /** null = unchanged since the previous Ready; likewise below. */
  readonly softState: SoftState | null;
  readonly hardState: HardState | null;
  /** Replace whatever the disk holds from the first of them on. */
  readonly entries: readonly Entry[];
  /** Received from the leader: replaces log and state machine. */
  readonly snapshot: Snapshot | null;
  /** Whether the write must be durable before step 3; a new commit index alone need not be. */
  readonly mustSync: boolean;
  readonly messages: readonly Message[];
  readonly messagesAfterPersist: readonly Message[];
  /** This node's promises to itself, and the report that the write is durable. */
  readonly afterPersist: readonly Input[];
  readonly committed: readonly Entry[];
  readonly afterApply: AppliedInput | null;
  /** Reads that may be answered once their index is applied. */
  readonly readStates: readonly ReadState[];
}

/** What the last Ready contained, so that the next one contains only what changed. */
export interface LastReady {
  softState: SoftState;
  hardState: HardState;
}

export function hasReady(raft: RaftState, last: LastReady): boolean {
  return (
    !sameSoftState(softStateOf(raft), last.softState) ||
    !sameHardState(raft.hardState, last.hardState) ||
    raft.log.unstable.nextSnapshot() !== null ||
    raft.messages.length > 0 ||
    raft.messagesAfterPersist.length > 0 ||
    raft.log.unstable.nextEntries().length > 0 ||
    raft.log.hasNextCommitted(raft.options.applyUnstable) ||
    raft.readStates.length > 0
  );
}

/** Hands over and forgets. */
export function takeReady(raft: RaftState, last: LastReady): Ready {
  const { log } = raft;
  const softState = softStateOf(raft);
  const hardState = raft.hardState;
  const entries = log.unstable.nextEntries();
  const snapshot = log.unstable.nextSnapshot();
  const committed = log.nextCommitted(raft.options.applyUnstable);
  const persisted = toPersisted(raft, snapshot);
  const toSelf = raft.messagesAfterPersist.filter((message) => message.to === raft.id);

  const ready: Ready = {
    softState: sameSoftState(softState, last.softState) ? null : softState,
    hardState: sameHardState(hardState, last.hardState) ? null : hardState,
    entries,
    snapshot,
    mustSync:
      entries.length > 0 ||
      snapshot !== null ||
      hardState.term !== last.hardState.term ||
      hardState.vote !== last.hardState.vote,
    messages: raft.messages,
    messagesAfterPersist: raft.messagesAfterPersist.filter((message) => message.to !== raft.id),
    afterPersist: [
      ...toSelf.map((message): Input => ({ kind: "message", message })),
      ...(persisted === null ? [] : [persisted]),
    ],
    committed,
    afterApply: toApplied(committed),
    readStates: raft.readStates,
  };

  last.softState = softState;
  last.hardState = hardState;
  raft.messages = [];
  raft.messagesAfterPersist = [];
  raft.readStates = [];
  log.unstable.acceptInProgress();
  if (ready.afterApply !== null) {
    log.acceptApplying(ready.afterApply.index, ready.afterApply.entryBytes, raft.options.applyUnstable);
  }
  return ready;
}

export function softStateOf(raft: RaftState): SoftState {
  return { leader: raft.leader, role: raft.role };
}

/**
 * Requested whenever anything is unstable, even if this Ready adds nothing: the report of an earlier write may have
 * been void because its term had passed, and then the entries would never be known as stable.
 */
function toPersisted(raft: RaftState, snapshot: Snapshot | null): PersistedInput | null {
  const hasUnstable = raft.log.unstable.entries.length > 0;
  if (!hasUnstable && snapshot === null) return null;
  return {
    kind: "persisted",
    term: raft.term,
    last: hasUnstable ? raft.log.lastId() : null,
    snapshot: snapshot?.meta.index ?? null,
  };
}

function toApplied(committed: readonly Entry[]): AppliedInput | null {
  const last = committed.at(-1);
  if (last === undefined) return null;
  const [entryBytes, payloadBytes] = [totalEntryBytes(committed), totalPayloadBytes(committed)];
  return { kind: "applied", index: last.index, entryBytes, payloadBytes };
}

function sameSoftState(a: SoftState, b: SoftState): boolean {
  return a.leader === b.leader && a.role === b.role;
}

function sameHardState(a: HardState, b: HardState): boolean {
  return a.term === b.term && a.vote === b.vote && a.commit === b.commit;
}
