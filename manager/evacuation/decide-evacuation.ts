import { isFinal, isRunnable } from "../../shared/objects/task-state.ts";
import type { Node, NodeSpec, Task } from "../../shared/objects/types.ts";
import type { WallMs } from "../../shared/ports/clock.ts";
import type { ReadView } from "../store/store-types.ts";
import { isGlobal } from "../tasks/slots.ts";

export interface EvacuationPlan {
  /** What people want of the node from now on; null = unchanged. */
  readonly spec: NodeSpec | null;
  /** When to look again even if nothing changes, in milliseconds; null = no need. */
  readonly dueInMs: number | null;
}

/**
 * Whether a node that is being emptied is empty, or out of time: then it is drained, which stops what is left. Tasks of
 * global services do not hold it up: they cannot go elsewhere, and serve those that still leave, as a log shipper does.
 */
export function decideEvacuation(view: ReadView, node: Node, nowMs: WallMs): EvacuationPlan {
  const { evacuation, availability } = node.spec;
  if (evacuation === null || availability !== "PAUSE") return { spec: null, dueInMs: null };
  // A new leader's clock may be behind: it must not give the node more time than was asked for.
  const leftMs = Math.min(evacuation.timeoutMs, evacuation.startedAtMs + evacuation.timeoutMs - nowMs);
  const holdsUp = view.tasksOfNode(node.id).some((task) => mustLeave(view, task));
  if (holdsUp && leftMs > 0) return { spec: null, dueInMs: leftMs };
  return { spec: { ...node.spec, availability: "DRAIN", evacuation: null }, dueInMs: null };
}

function mustLeave(view: ReadView, task: Task): boolean {
  const service = view.get("service", task.serviceId);
  return isRunnable(task) && !isFinal(task.status.state) && service !== undefined && !isGlobal(service);
}
