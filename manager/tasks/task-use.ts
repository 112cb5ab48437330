import type { NodeId, TaskId } from "../../shared/ids.ts";

/** What a worker says of one of its tasks. */
export interface TaskUse {
  /** Billionths of a CPU, on average since the time before. */
  readonly nanoCpus: number;
  readonly memoryBytes: number;
}

/** How often workers measure what they are asked for, and what they say is looked at. */
export const USE_LOOK_MS = 5_000;
/** What a worker said longer ago says nothing any more: two of its reports may be late. */
export const USE_STALE_MS = 3 * USE_LOOK_MS;

/** What workers measure, for as long as they are asked: in memory of the leader alone, never in the store. */
export interface UsageSource {
  /** From now on the node's worker measures these tasks and no others. Without a session nothing happens. */
  measure(nodeId: NodeId, taskIds: readonly TaskId[]): void;
  /** What the node's worker last said, unless that is too long ago. */
  usageOf(nodeId: NodeId): ReadonlyMap<TaskId, TaskUse>;
}

/** Where nobody measures anything. */
export const NO_USAGE: UsageSource = { measure: () => {}, usageOf: () => new Map() };
