import { type Constraint, parseConstraints } from "../../shared/constraint.ts";
import { meetsConstraints } from "../../shared/constraint-fit.ts";
import { isFinal, rankOf } from "../../shared/objects/task-state.ts";
import type { Node, Task, TaskSpec } from "../../shared/objects/types.ts";
import type { Change, ReadView } from "../store/store-types.ts";
import { isLost } from "./loss.ts";
import { sameData } from "./same-data.ts";

/** Gets new tasks. */
export const takesTasks = (node: Node): boolean => node.status.state === "READY" && node.spec.availability === "ACTIVE";

/** May keep the tasks it has: only a node that is down or drained loses them. */
export const keepsTasks = (node: Node): boolean => node.status.state !== "DOWN" && node.spec.availability !== "DRAIN";

/** Keeps its tasks until their successors run elsewhere. */
export const isBeingEmptied = ({ spec }: Node): boolean => spec.evacuation !== null && spec.availability === "PAUSE";

export function isOnEmptiedNode(view: ReadView, { nodeId }: Task): boolean {
  const node = nodeId === "" ? undefined : view.get("node", nodeId);
  return node !== undefined && isBeingEmptied(node);
}

/** Whether the node meets the constraints of a spec; no node meets one that cannot be parsed. */
export function meetsPlacement(node: Node, spec: TaskSpec): boolean {
  const constraints = readConstraints(spec);
  return constraints !== null && meetsConstraints(node, constraints);
}

/** The constraints of a spec; null when one of them cannot be parsed, which the API would refuse. */
export function readConstraints(spec: TaskSpec): readonly Constraint[] | null {
  try {
    return parseConstraints(spec.placement?.constraints ?? []);
  } catch {
    return null;
  }
}

/**
 * Whether nothing of the task runs, as far as is known: it is over, was never given to a node, or is lost with it.
 */
export function isStopped(view: ReadView, task: Task): boolean {
  if (isFinal(task.status.state) || rankOf(task.status.state) < rankOf("ASSIGNED")) return true;
  return task.nodeId === "" || isLost(view, task);
}

/** Whether a change may alter which tasks fit a node. */
export function changesFitness(change: Change & { readonly kind: "node" }): boolean {
  const { old, object: node, action } = change;
  if (action !== "update" || old === null) return true;
  return (
    old.status.state !== node.status.state ||
    old.status.address !== node.status.address ||
    old.role !== node.role ||
    !sameData(old.spec, node.spec) ||
    !sameData(old.description, node.description)
  );
}
