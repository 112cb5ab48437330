import type { Node, Service, Task } from "../../shared/objects/types.ts";
import type { ReadView } from "../store/store-types.ts";

/** Whether the leader and the node's worker have not heard each other for longer than chance allows. */
export const isSilent = ({ status }: Node): boolean => status.state === "DOWN" || status.silentSinceMs > 0;

/** Whether the task's spec says itself after what time it counts as lost, whatever the node is judged to be. */
export const hasOwnTime = ({ spec }: Task): boolean => (spec.loss?.lostAfterMs ?? 0) > 0;

/**
 * Whether the task counts as gone together with its host: another one may run in its place, and nobody waits for its
 * end any more. Without a time of its own it does when its node is DOWN. With one, the liveness loop says when that
 * time is over: it counts on the leader's own clock, which no function of the store can read.
 */
export function isLost(view: ReadView, task: Task): boolean {
  if (task.nodeId === "") return false;
  const node = view.get("node", task.nodeId);
  if (node === undefined) return true;
  return hasOwnTime(task) ? task.lostAtMs !== undefined : node.status.state === "DOWN";
}

/** Whether it may run as long as nobody hears its host: only the end of its own time, or its host, ends the wait. */
export function mayRunUnheard(view: ReadView, task: Task): boolean {
  if (task.nodeId === "" || !hasOwnTime(task) || task.lostAtMs !== undefined) return false;
  const node = view.get("node", task.nodeId);
  return node !== undefined && isSilent(node);
}

/** Whether a task that was lost stays once its host is back, and the one that stood in for it goes. */
export const keepsOriginal = ({ spec }: Service): boolean =>
  spec.mode === "replicated" && spec.task.loss?.onReturn === "KEEP_ORIGINAL";
