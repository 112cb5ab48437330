import { isDeepStrictEqual } from "node:util";
import type { NodeId } from "../../shared/ids.ts";
import { isBefore, STATE_OWNER } from "../../shared/objects/task-state.ts";
import type { Task } from "../../shared/objects/types.ts";
import type { TaskStatus } from "../../shared/rpc/gen/objects.ts";

/** The task with what its worker reported, or why that changes nothing. */
export type MergeResult =
  | { readonly kind: "changed"; readonly task: Task }
  | { readonly kind: "ignored"; readonly reason: "unknownTask" | "otherNode" | "notTheWorkers" | "goesBack" | "known" };

/**
 * A state works like a logical clock: the greater of two observations is the true one, so a report that was overtaken
 * is dropped (docs/docker-behaviour.md#task-states). An equal state with new details is kept.
 */
export function mergeStatus(
  task: Task | undefined,
  nodeId: NodeId,
  reported: TaskStatus | null,
  appliedAtMs: number,
): MergeResult {
  if (task === undefined) return { kind: "ignored", reason: "unknownTask" };
  if (task.nodeId !== nodeId) return { kind: "ignored", reason: "otherNode" };
  if (reported === null || STATE_OWNER[reported.state] !== "worker")
    return { kind: "ignored", reason: "notTheWorkers" };
  if (isBefore(reported.state, task.status.state)) return { kind: "ignored", reason: "goesBack" };
  if (isSameStatus(reported, task.status)) return { kind: "ignored", reason: "known" };
  return { kind: "changed", task: { ...task, status: { ...reported, appliedAtMs } } };
}

function isSameStatus(a: TaskStatus, b: TaskStatus): boolean {
  return isDeepStrictEqual({ ...a, appliedAtMs: 0 }, { ...b, appliedAtMs: 0 });
}
