import { SwarmError } from "../../shared/errors.ts";
import { applyConfChange, assign, restoreConfState } from "../core/conf-change.ts";
import { type ConfChange, type Entry, LEAVE_JOINT } from "../core/entry.ts";
import type { HardState } from "../core/options.ts";
import { EMPTY_CONF_STATE } from "../core/snapshot.ts";
import { isJoint, Tracker } from "../core/tracker.ts";
import { INDEX_ZERO, indexPlus, type LogIndex, type RaftId, type RaftMember, toTerm } from "../ids.ts";
import type { RaftStorage, StorageIdentity, StoredState, WriteBatch } from "../storage/raft-storage.ts";
import { committedAt } from "./boot.ts";
import { MemberDirectory } from "./member-directory.ts";

/**
 * A group that has lost its majority, made anew by one of its members (`swarm init --force-new-cluster`,
 * docs/decisions/0056). The log that this member has, all of it, is the new group's; after it come entries that make
 * this member the only one, and all of it counts as committed: there is nobody left to ask.
 */

/** The member that goes on alone. */
export interface Survivor {
  readonly nodeId: string;
  /** HOST:PORT where it will be reached. */
  readonly address: string;
}

export interface Recovery {
  readonly identity: StorageIdentity;
  /** Goes to disk as one, together with the identity: a crash leaves the old group or the new one. */
  readonly batch: WriteBatch;
  /** Who was in the group, too. */
  readonly removed: readonly RaftMember[];
  /** This member was still being sent the log when the others were lost: it may not have had all of it. */
  readonly wasLearner: boolean;
}

/**
 * What to write. Entries that nobody knows to be committed stay: the lost majority may have answered for them.
 * @throws SwarmError failedPrecondition when the log does not have this member in the group.
 */
export function recoverAlone(stored: StoredState, { nodeId, address }: Survivor): Recovery {
  const { identity, hardState, snapshot, base } = stored;
  if (identity === null || hardState === null || (snapshot === null && stored.entries.length === 0)) {
    throw new SwarmError("failedPrecondition", "this manager has never received anything of the swarm's log");
  }
  const { raftId } = identity;
  const committed = committedAt(hardState, snapshot, stored.entries);
  const entries = stored.entries.map((entry) => (isOwnEnd(entry, raftId, committed) ? emptied(entry) : entry));
  const replaced = entries.findIndex((entry, at) => entry !== stored.entries[at]);
  const last = indexPlus(base.index, entries.length);

  const group = membershipAfter(entries, stored);
  if (!group.tracker.ids.includes(raftId)) {
    throw new SwarmError(
      "failedPrecondition",
      "this manager was removed from the managers: its log is not the swarm's",
    );
  }
  const self = { raftId, nodeId, address };
  const wasLearner = group.tracker.configuration.learners.has(raftId);
  const others = group.directory.members.filter((member) => member.raftId !== raftId);
  const term = toTerm(hardState.term + 1);
  const changes = changesToAlone(group.tracker, last, self);
  const added = changes.map(
    (change, at): Entry => ({ kind: "confChange", term, index: indexPlus(last, at + 1), change }),
  );
  const end: HardState = { term, vote: raftId, commit: indexPlus(last, added.length) };
  const rewritten = replaced < 0 ? [] : entries.slice(replaced);
  return {
    identity: { ...identity, era: identity.era + 1 },
    batch: { hardState: end, entries: [...rewritten, ...added], snapshot: null, sync: true },
    removed: others,
    wasLearner,
  };
}

/**
 * Makes the member of this storage the only one of its group, in one synced write. The storage is not closed.
 * @throws SwarmError failedPrecondition as `recoverAlone`; RaftStorageError.
 */
export async function recoverStorage(storage: RaftStorage, survivor: Survivor): Promise<Recovery> {
  const recovery = recoverAlone(await storage.load(), survivor);
  await storage.beginEra(recovery.identity, recovery.batch);
  return recovery;
}

interface Group {
  readonly tracker: Tracker;
  readonly directory: MemberDirectory;
}

/** Who is in the group once all of the log is applied. */
function membershipAfter(entries: readonly Entry[], { snapshot, base }: StoredState): Group {
  const tracker = new Tracker({ inflightCountMax: 1, inflightBytesMax: 0 });
  const directory = new MemberDirectory();
  restoreConfState(tracker, base.index, snapshot?.meta.confState ?? EMPTY_CONF_STATE);
  if (snapshot !== null) directory.restore(snapshot.meta);
  const contained = snapshot?.meta.index ?? INDEX_ZERO;
  for (const entry of entries) {
    if (entry.kind !== "confChange" || entry.index <= contained) continue;
    assign(tracker, applyConfChange(tracker, entry.index, entry.change));
    directory.apply(entry.change, tracker.configuration);
  }
  return { tracker, directory };
}

/**
 * One voter at a time, as any change of the group: this one joins the voters if it is none yet, says where it is, and
 * all others leave.
 */
function changesToAlone(tracker: Tracker, last: LogIndex, self: RaftMember): readonly ConfChange[] {
  const changes: ConfChange[] = [];
  const make = (change: ConfChange): void => {
    assign(tracker, applyConfChange(tracker, last, change));
    changes.push(change);
  };
  if (isJoint(tracker.configuration)) make(LEAVE_JOINT);
  const isVoter = tracker.configuration.voters.incoming.has(self.raftId);
  make({ transition: "auto", operations: [{ kind: isVoter ? "update" : "addVoter", id: self.raftId }], member: self });
  for (const id of tracker.ids) {
    if (id !== self.raftId) make({ transition: "auto", operations: [{ kind: "remove", id }], member: null });
  }
  return changes;
}

/** Its own removal, of which nobody knows whether it was agreed upon. It is no one's data, and must not come to be. */
function isOwnEnd(entry: Entry, self: RaftId, committed: LogIndex): boolean {
  if (entry.kind !== "confChange" || entry.index <= committed) return false;
  return entry.change.operations.some(({ kind, id }) => kind === "remove" && id === self);
}

function emptied({ term, index }: Entry): Entry {
  return { kind: "normal", term, index, data: new Uint8Array(0) };
}
