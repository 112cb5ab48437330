import { invariant, unreachable } from "../../shared/invariant.ts";
import { indexMax, type LogIndex, type RaftId, toLogIndex } from "../ids.ts";
import type { ConfChange, ConfChangeOperation } from "./entry.ts";
import { isLeaveJoint } from "./entry.ts";
import type { Progress } from "./progress.ts";
import type { ConfState } from "./snapshot.ts";
import { type Configuration, isJoint, type ProgressMap, type Tracker } from "./tracker.ts";

/** A configuration and what is known of its members, before it replaces the present one. */
export interface Membership {
  readonly configuration: Configuration;
  readonly progress: ProgressMap;
}

/** Why a change cannot be made from the present configuration, which stays as it was. */
export class ConfChangeRefused extends Error {
  override readonly name = "ConfChangeRefused";
}

/** The same membership, open for writing while one change is worked out. */
interface Draft {
  readonly incoming: Set<RaftId>;
  readonly outgoing: Set<RaftId>;
  readonly learners: Set<RaftId>;
  readonly learnersNext: Set<RaftId>;
  readonly progress: Map<RaftId, Progress>;
  autoLeave: boolean;
  /** New members are probed from here: the leader's last entry. */
  readonly last: LogIndex;
  readonly tracker: Tracker;
}

/** Whether the change goes through a joint configuration, and whether the leader leaves that by itself. */
function jointMode(change: ConfChange): { readonly autoLeave: boolean } | null {
  switch (change.transition) {
    case "auto":
      return change.operations.length > 1 ? { autoLeave: true } : null;
    case "jointImplicit":
      return { autoLeave: true };
    case "jointExplicit":
      return { autoLeave: false };
    default:
      return unreachable(change.transition);
  }
}

/**
 * The membership after `change`; `tracker` is left alone. `last` is the log's last index, where probing of new members
 * begins.
 * @throws ConfChangeRefused when the change is not possible from here.
 */
export function applyConfChange(tracker: Tracker, last: LogIndex, change: ConfChange): Membership {
  if (isLeaveJoint(change)) return leaveJoint(tracker, last);
  const joint = jointMode(change);
  return joint === null
    ? changeSimply(tracker, last, change.operations)
    : enterJoint(tracker, last, change.operations, joint.autoLeave);
}

/** At most one voter may differ: only then does every old majority share a member with every new one. */
export function changeSimply(tracker: Tracker, last: LogIndex, operations: readonly ConfChangeOperation[]): Membership {
  if (isJoint(tracker.configuration)) throw new ConfChangeRefused("can't apply simple config change in joint config");
  const draft = toDraft(tracker, last);
  operate(draft, operations);
  if (differenceCount(tracker.configuration.voters.incoming, draft.incoming) > 1) {
    throw new ConfChangeRefused("more than one voter changed without entering joint config");
  }
  return fromDraft(draft);
}

/** The present voters become the outgoing half; from now on both halves must agree (Raft thesis 4.3). */
export function enterJoint(
  tracker: Tracker,
  last: LogIndex,
  operations: readonly ConfChangeOperation[],
  autoLeave: boolean,
): Membership {
  if (isJoint(tracker.configuration)) throw new ConfChangeRefused("config is already joint");
  const draft = toDraft(tracker, last);
  // Adding nodes to an empty half would make a group out of nothing; that is done only one by one, at bootstrap.
  if (draft.incoming.size === 0) throw new ConfChangeRefused("can't make a zero-voter config joint");
  for (const id of draft.incoming) draft.outgoing.add(id);
  operate(draft, operations);
  draft.autoLeave = autoLeave;
  return fromDraft(draft);
}

/** Drops the outgoing half; whoever is in no set any more is forgotten. */
export function leaveJoint(tracker: Tracker, last: LogIndex): Membership {
  if (!isJoint(tracker.configuration)) throw new ConfChangeRefused("can't leave a non-joint config");
  const draft = toDraft(tracker, last);
  for (const id of draft.learnersNext) {
    draft.learners.add(id);
    mustProgress(draft, id).isLearner = true;
  }
  draft.learnersNext.clear();
  for (const id of draft.outgoing) {
    if (!draft.incoming.has(id) && !draft.learners.has(id)) draft.progress.delete(id);
  }
  draft.outgoing.clear();
  draft.autoLeave = false;
  return fromDraft(draft);
}

/** Rebuilds a configuration in an empty tracker, by the same steps as a live change. */
export function restoreConfState(tracker: Tracker, last: LogIndex, state: ConfState): void {
  invariant(tracker.progress.size === 0, "a configuration is restored into an empty tracker");
  const incoming: ConfChangeOperation[] = [
    ...state.votersOutgoing.map((id) => ({ kind: "remove", id }) as const),
    ...state.voters.map((id) => ({ kind: "addVoter", id }) as const),
    ...state.learners.map((id) => ({ kind: "addLearner", id }) as const),
    ...state.learnersNext.map((id) => ({ kind: "addLearner", id }) as const),
  ];
  const simply = (operation: ConfChangeOperation): void => assign(tracker, changeSimply(tracker, last, [operation]));
  if (state.votersOutgoing.length === 0) {
    incoming.forEach(simply);
    return;
  }
  for (const id of state.votersOutgoing) simply({ kind: "addVoter", id });
  assign(tracker, enterJoint(tracker, last, incoming, state.autoLeave));
}

/** Puts a worked-out membership in force. */
export function assign(tracker: Tracker, membership: Membership): void {
  tracker.configuration = membership.configuration;
  tracker.progress = membership.progress;
}

function operate(draft: Draft, operations: readonly ConfChangeOperation[]): void {
  for (const operation of operations) {
    // 0 stands for "no one"; an operation on it was cancelled by its writer.
    if (operation.id === 0) continue;
    switch (operation.kind) {
      case "addVoter":
        makeVoter(draft, operation.id);
        break;
      case "addLearner":
        makeLearner(draft, operation.id);
        break;
      case "remove":
        remove(draft, operation.id);
        break;
      case "update":
        break;
      default:
        unreachable(operation);
    }
  }
  if (draft.incoming.size === 0) throw new ConfChangeRefused("removed all voters");
}

function makeVoter(draft: Draft, id: RaftId): void {
  const progress = draft.progress.get(id);
  if (progress === undefined) draft.progress.set(id, newcomer(draft, false));
  else progress.isLearner = false;
  draft.learners.delete(id);
  draft.learnersNext.delete(id);
  draft.incoming.add(id);
}

/**
 * A voter of the outgoing half stays a voter until the joint configuration is left; it is only noted in learnersNext.
 */
function makeLearner(draft: Draft, id: RaftId): void {
  const progress = draft.progress.get(id);
  if (progress === undefined) {
    draft.progress.set(id, newcomer(draft, true));
    draft.learners.add(id);
    return;
  }
  if (progress.isLearner) return;
  remove(draft, id);
  draft.progress.set(id, progress);
  if (draft.outgoing.has(id)) draft.learnersNext.add(id);
  else {
    progress.isLearner = true;
    draft.learners.add(id);
  }
}

function remove(draft: Draft, id: RaftId): void {
  if (!draft.progress.has(id)) return;
  draft.incoming.delete(id);
  draft.learners.delete(id);
  draft.learnersNext.delete(id);
  // The outgoing half still needs to be replicated to.
  if (!draft.outgoing.has(id)) draft.progress.delete(id);
}

function newcomer(draft: Draft, isLearner: boolean): Progress {
  const progress = draft.tracker.createProgress(indexMax(draft.last, toLogIndex(1)), isLearner);
  // Counted as alive until the next quorum check: otherwise the leader could lose its quorum before the first contact.
  progress.recentActive = true;
  return progress;
}

function differenceCount(before: ReadonlySet<RaftId>, after: ReadonlySet<RaftId>): number {
  const gone = [...before].filter((id) => !after.has(id));
  const come = [...after].filter((id) => !before.has(id));
  return gone.length + come.length;
}

function mustProgress(draft: Draft, id: RaftId): Progress {
  const progress = draft.progress.get(id);
  invariant(progress !== undefined, `${id} is in the configuration but has no progress`);
  return progress;
}

function toDraft(tracker: Tracker, last: LogIndex): Draft {
  const { voters, learners, learnersNext, autoLeave } = tracker.configuration;
  return {
    incoming: new Set(voters.incoming),
    outgoing: new Set(voters.outgoing),
    learners: new Set(learners),
    learnersNext: new Set(learnersNext),
    progress: new Map(Array.from(tracker.progress, ([id, progress]) => [id, progress.clone()])),
    autoLeave,
    last,
    tracker,
  };
}

function fromDraft(draft: Draft): Membership {
  for (const id of [...draft.incoming, ...draft.outgoing]) mustProgress(draft, id);
  for (const id of draft.learnersNext) {
    invariant(draft.outgoing.has(id), `${id} is in learnersNext but not an outgoing voter`);
    invariant(!mustProgress(draft, id).isLearner, `${id} is in learnersNext but already a learner`);
  }
  for (const id of draft.learners) {
    invariant(!draft.outgoing.has(id), `${id} is both a learner and an outgoing voter`);
    invariant(!draft.incoming.has(id), `${id} is both a learner and a voter`);
    invariant(mustProgress(draft, id).isLearner, `${id} is a learner but its progress says voter`);
  }
  if (draft.outgoing.size === 0) {
    invariant(draft.learnersNext.size === 0, "learnersNext is only used in a joint configuration");
    invariant(!draft.autoLeave, "autoLeave is only used in a joint configuration");
  }
  return {
    configuration: {
      voters: { incoming: draft.incoming, outgoing: draft.outgoing },
      learners: draft.learners,
      learnersNext: draft.learnersNext,
      autoLeave: draft.autoLeave,
    },
    progress: draft.progress,
  };
}
