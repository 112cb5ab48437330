import { SwarmError } from "../../shared/errors.ts";
import { invariant, unreachable } from "../../shared/invariant.ts";
import type { Entry } from "../core/entry.ts";
import type { HardState } from "../core/options.ts";
import { RaftCore } from "../core/raft-core.ts";
import { EMPTY_CONF_STATE, type Snapshot } from "../core/snapshot.ts";
import { StableLog } from "../core/stable-log.ts";
import type { TraceSink } from "../core/trace.ts";
import { INDEX_ZERO, indexMax, type LogIndex, type RaftId, toLogIndex, toRaftId, toTerm } from "../ids.ts";
import { EMPTY_BATCH, type StoredState, type WriteBatch } from "../storage/raft-storage.ts";
import { RaftStorageError } from "../storage/storage-error.ts";
import { createCoreOptions } from "./core-options.ts";
import { MemberDirectory } from "./member-directory.ts";
import type { RaftNodeOptions } from "./node-options.ts";
import { restoreState } from "./state-transfer.ts";

/** What a node has in memory when it begins to run. */
export interface Booted {
  readonly core: RaftCore;
  readonly stable: StableLog;
  readonly directory: MemberDirectory;
  /** How many times the group was made anew by one member alone (recovery.ts). */
  readonly era: number;
}

/** The first member's id; ids only ever grow from here. */
const FIRST_RAFT_ID = toRaftId(1);

/**
 * Reads what is on disk, or lays the foundation of a new member there, and restores the state machine from its
 * snapshot.
 * @throws RaftStorageError foreign when the log is another cluster's or member's; corrupt when it is damaged.
 */
export async function boot(options: RaftNodeOptions, trace: TraceSink): Promise<Booted> {
  const stored = await loadOrInitialise(options);
  const { identity, hardState, snapshot, base, entries } = stored;
  if (identity === null) throw new SwarmError("internal", "a Raft log without an identity was read back");
  const stable = new StableLog(base, entries, snapshot);
  const directory = new MemberDirectory();
  if (snapshot !== null) {
    directory.restore(snapshot.meta);
    await restoreState(options.stateMachine, snapshot, options.clock);
  }
  const core = new RaftCore(createCoreOptions(identity.raftId, options.random, trace), {
    hardState: hardState === null ? null : { ...hardState, commit: committedAt(hardState, snapshot, entries) },
    confState: snapshot?.meta.confState ?? EMPTY_CONF_STATE,
    applied: snapshot?.meta.index ?? INDEX_ZERO,
    log: stable,
  });
  options.watch?.(core);
  return { core, stable, directory, era: identity.era };
}

/**
 * The commit index is written late (see LogWriter). Everything in a snapshot was committed in any case, and so was
 * every change of membership that is followed by another: a leader proposes one only when it has applied the one
 * before.
 *
 * Safety depends on the latter. Only the quorums of consecutive configurations are sure to overlap: a member that
 * restarts several of them behind, such as a founder that still believes it is alone, could win a term in which the
 * others have a leader.
 */
export function committedAt(hardState: HardState, snapshot: Snapshot | null, entries: readonly Entry[]): LogIndex {
  const changes = entries.filter(({ kind }) => kind === "confChange");
  const overtaken = changes.at(-2)?.index ?? INDEX_ZERO;
  return indexMax(hardState.commit, indexMax(snapshot?.meta.index ?? INDEX_ZERO, overtaken));
}

async function loadOrInitialise(options: RaftNodeOptions): Promise<StoredState> {
  const stored = await options.storage.load();
  if (stored.identity !== null) {
    checkIdentity(options, stored.identity.clusterId, stored.identity.raftId);
    return stored;
  }
  const { begin, clusterId } = options;
  switch (begin.kind) {
    case "bootstrap":
      await options.storage.initialise({ clusterId, raftId: FIRST_RAFT_ID, era: 0 }, foundation(options));
      break;
    case "join":
      await options.storage.initialise({ clusterId, raftId: begin.raftId, era: begin.era }, EMPTY_BATCH);
      break;
    case "resume":
      throw new SwarmError("failedPrecondition", "there is no Raft log to resume from: join the swarm again");
    default:
      unreachable(begin);
  }
  return await options.storage.load();
}

function checkIdentity(options: RaftNodeOptions, clusterId: string, raftId: RaftId): void {
  if (clusterId !== options.clusterId) {
    throw new RaftStorageError(
      "foreign",
      `the Raft log on disk belongs to the swarm ${clusterId}, not to ${options.clusterId}: put this node's own log back, or move it away and start swarmd again`,
    );
  }
  if (options.begin.kind === "join" && options.begin.raftId !== raftId) {
    throw new RaftStorageError(
      "foreign",
      `the Raft log on disk belongs to member ${raftId}, not to ${options.begin.raftId}: leave the swarm and join again`,
    );
  }
}

/**
 * The group's first entry, which makes this node its only voter. It counts as committed, since there is no one else to
 * object.
 */
function foundation(options: RaftNodeOptions): WriteBatch {
  invariant(options.address.length > 0, "a member has an address");
  const member = { raftId: FIRST_RAFT_ID, nodeId: options.nodeId, address: options.address };
  const term = toTerm(1);
  const index = toLogIndex(1);
  const operation = { kind: "addVoter", id: FIRST_RAFT_ID } as const;
  const change = { transition: "auto", operations: [operation], member } as const;
  const entry: Entry = { kind: "confChange", term, index, change };
  const hardState: HardState = { term, vote: null, commit: index };
  return { hardState, entries: [entry], snapshot: null, sync: true };
}
