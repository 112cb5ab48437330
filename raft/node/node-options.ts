import type { Logger } from "../../shared/log.ts";
import type { Clock } from "../../shared/ports/clock.ts";
import type { Random } from "../../shared/ports/random.ts";
import type { RaftCore } from "../core/raft-core.ts";
import type { TraceSink } from "../core/trace.ts";
import type { RaftId } from "../ids.ts";
import type { StateMachine } from "../raft-handle.ts";
import type { RaftStorage } from "../storage/raft-storage.ts";
import type { RaftTransport } from "../transport/raft-transport.ts";
import { LOG_ENTRIES_FOR_SLOW_FOLLOWERS, SNAPSHOT_INTERVAL } from "./limits.ts";

/** How a member with an empty disk begins. With anything on disk it continues from there, whatever is set here. */
export type Begin =
  /** A new group with this one member, which leads at once. */
  | { readonly kind: "bootstrap" }
  /** The group gave it this id (JoinGroup) and is in this era; it waits for the leader. */
  | { readonly kind: "join"; readonly raftId: RaftId; readonly era: number }
  /** There must be something on disk. */
  | { readonly kind: "resume" };

/** When the log is cut, and where. */
export interface SnapshotSettings {
  /** Applied entries between two snapshots; at least 1. */
  readonly interval: number;
  /** Entries kept behind a snapshot. */
  readonly keepEntries: number;
}

/** The settings of a group without others. */
export const DEFAULT_SNAPSHOT_SETTINGS: SnapshotSettings = {
  interval: SNAPSHOT_INTERVAL,
  keepEntries: LOG_ENTRIES_FOR_SLOW_FOLLOWERS,
};

export interface RaftNodeOptions {
  readonly clusterId: string;
  /** This member's own name and place. */
  readonly nodeId: string;
  /** HOST:PORT where other managers reach it. */
  readonly address: string;
  readonly begin: Begin;
  /** Owned by the node from now on: it is closed when the node stops. */
  readonly storage: RaftStorage;
  /** Owned by the node from now on. */
  readonly transport: RaftTransport;
  readonly stateMachine: StateMachine;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** Asked before each snapshot, so that a change counts from the next one on. */
  readonly snapshotSettings: () => SnapshotSettings;
  /** Receives trace events in addition to the log, for tests and metrics. */
  readonly trace?: TraceSink;
  /** Given the core once it is made, to be read and never stepped: for checkers in a simulation. */
  readonly watch?: (core: RaftCore) => void;
}
