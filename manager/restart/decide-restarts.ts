import type { NodeId, TaskId } from "../../shared/ids.ts";
import { isFinal } from "../../shared/objects/task-state.ts";
import type { Service, Task } from "../../shared/objects/types.ts";
import type { ReadView } from "../store/store-types.ts";
import { serviceAt } from "../tasks/canary.ts";
import { isLost, keepsOriginal } from "../tasks/loss.ts";
import { keepsTasks, meetsPlacement } from "../tasks/node-fitness.ts";
import { delayAfter, mayReplace, quickEndsOf } from "../tasks/restart-rules.ts";
import { isGlobal, liveSlots, type Slot } from "../tasks/slots.ts";
import { isDirty } from "../tasks/task-dirty.ts";
import type { TaskOp, TaskStep } from "../tasks/task-steps.ts";
import { Misplacement } from "./misplacement.ts";

/** Why a task that is wanted to run cannot run, or may not run where it is. */
export type LossReason = "ended" | "nodeGone" | "lost" | "nodeDrained" | "misplaced";

/**
 * Replaces, in its slot, each task that is wanted to run and cannot: it is told to stop in the same step that makes its
 * successor, if the restart policy allows one. A global service's tasks are replaced only where they are; the
 * orchestrator removes them from nodes that may not keep them.
 */
export function decideRestarts(view: ReadView, service: Service): readonly TaskStep[] {
  const misplacement = new Misplacement(view, service);
  const steps: TaskStep[] = [];
  for (const slot of liveSlots(view, service)) {
    const losses = new Map<TaskId, LossReason>();
    for (const task of slot.runnable) {
      const reason = whyLost(view, task, misplacement);
      if (reason !== null && (reason === "ended" || !isGlobal(service))) losses.set(task.id, reason);
    }
    if (losses.size > 0) steps.push(...replaceLost(view, service, slot, losses));
  }
  return steps;
}

function whyLost(view: ReadView, task: Task, misplacement: Misplacement): LossReason | null {
  // If it could not even be prepared while its start was still delayed, the delay is waited out first; otherwise a task
  // that is refused at once would be replaced in a tight loop.
  if (isFinal(task.status.state)) return task.desiredState === "READY" ? null : "ended";
  if (task.nodeId === "") return null;
  const node = view.get("node", task.nodeId);
  if (node === undefined) return "nodeGone";
  if (isLost(view, task)) return "lost";
  if (node.spec.availability === "DRAIN") return "nodeDrained";
  return misplacement.concerns(task, node) ? "misplaced" : null;
}

function replaceLost(
  view: ReadView,
  service: Service,
  slot: Slot,
  losses: ReadonlyMap<TaskId, LossReason>,
): readonly TaskStep[] {
  const steps: TaskStep[] = [];
  // When an update starts the new task first, a slot has two; the new one is the old one's successor.
  const original = keptOriginal(view, service, slot, losses);
  let hasHeir = slot.runnable.some((task) => !losses.has(task.id) && !isDirty(view, task, service));
  for (const task of slot.runnable.toReversed()) {
    const reason = losses.get(task.id);
    if (reason === undefined) continue;
    if (task === original) {
      if (!hasHeir && mayReplace(task, slot.tasks)) steps.push([standIn(slot)]);
      continue;
    }
    const shutdown: TaskOp = { kind: "shutdown", taskId: task.id };
    if (hasHeir || !mayReplace(task, slot.tasks) || !mayStartOn(view, serviceAt(service, slot), slot.nodeId)) {
      steps.push([shutdown]);
      continue;
    }
    hasHeir = true;
    // Only when the host is gone is there nothing to wait for: no delay, and no old container that must stop first.
    const desiredState = reason === "nodeGone" || reason === "lost" ? "RUNNING" : "READY";
    const run = task.jobIteration;
    const heir = heirOf(serviceAt(service, slot));
    const history = {
      delayMs: desiredState === "RUNNING" ? 0 : delayAfter(slot.tasks, heir),
      quickEnds: quickEndsOf(slot.tasks, heir.generation),
    };
    steps.push([shutdown, { kind: "create", slot: slot.slot, nodeId: slot.nodeId, desiredState, run, ...history }]);
  }
  return steps;
}

/** The task of the slot that stays wanted, lost as it is: its host may bring it back. Only the oldest one of a slot. */
function keptOriginal(
  view: ReadView,
  service: Service,
  { runnable }: Slot,
  losses: ReadonlyMap<TaskId, LossReason>,
): Task | null {
  if (!keepsOriginal(service)) return null;
  const isKept = (task: Task): boolean =>
    losses.get(task.id) === "lost" && task.status.state === "RUNNING" && !isDirty(view, task, service);
  return runnable.find(isKept) ?? null;
}

/** What a task that is made now is made from. */
const heirOf = ({ spec, generation }: Service): Pick<Task, "spec" | "generation"> => ({ spec: spec.task, generation });

/** Nothing can be waited for, as with any task that is lost. */
const standIn = ({ slot }: Slot): TaskOp => ({ kind: "create", slot, nodeId: "", desiredState: "RUNNING" });

/** A paused node keeps the global tasks it has, but a failed one is not replaced there. */
function mayStartOn(view: ReadView, service: Service, nodeId: NodeId | ""): boolean {
  if (nodeId === "") return true;
  const node = view.get("node", nodeId);
  return (
    node !== undefined &&
    node.spec.availability === "ACTIVE" &&
    keepsTasks(node) &&
    meetsPlacement(node, service.spec.task)
  );
}
