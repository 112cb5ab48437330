import type { NodeId, TaskId } from "../../shared/ids.ts";
import { priorityOf } from "../../shared/objects/priority.ts";
import { slotName } from "../../shared/objects/task-name.ts";
import { isFinal, isRunnable } from "../../shared/objects/task-state.ts";
import type { Task } from "../../shared/objects/types.ts";
import type { WallMs } from "../../shared/ports/clock.ts";
import type { ReadView, WriteTx } from "../store/store-types.ts";
import { takesTasks } from "../tasks/node-fitness.ts";
import { isolate, type Trouble } from "../trouble.ts";
import type { Assigned } from "./decide-schedule.ts";
import type { Preempted } from "./preemption.ts";
import { isWaiting } from "./waiting-tasks.ts";

/** One line of a schedule plan: a placement, or why there is none. */
export type ScheduleEntry = Assigned | { readonly taskId: TaskId; readonly err: string };

/**
 * Accepts entries if the newest state still allows them: the task is waiting for a node and is wanted to run, and the
 * node takes tasks. @returns the tasks whose entries were refused, so that the scheduler looks at them again.
 */
export function applySchedule(
  tx: WriteTx,
  entries: readonly ScheduleEntry[],
  nowMs: WallMs,
  troubles: Trouble[],
): readonly TaskId[] {
  const refused: TaskId[] = [];
  for (const entry of entries) {
    const isAccepted = isolate(troubles, `task ${entry.taskId}`, () => applyEntry(tx, entry, nowMs), true);
    if (!isAccepted) refused.push(entry.taskId);
  }
  return refused;
}

/**
 * Tells tasks to stop for another one, which gets their room when they are over; all of them or none.
 * @returns the task that waits, if the newest state does not allow it any more.
 */
export function applyPreemption(tx: WriteTx, { by, nodeId, victims }: Preempted): readonly TaskId[] {
  const task = waitingTask(tx, by);
  const leaving = victims.flatMap((id) => tx.get("task", id) ?? []);
  const mayGo = (each: Task): boolean => each.nodeId === nodeId && isRunnable(each) && !isFinal(each.status.state);
  if (task === null || leaving.length < victims.length || !leaving.every(mayGo)) return [by];
  const { placement } = task.spec;
  const preemption = { taskId: by, name: slotName(task), priority: priorityOf(placement) };
  for (const victim of leaving) tx.update("task", { ...victim, desiredState: "SHUTDOWN", preemption });
  return [];
}

function applyEntry(tx: WriteTx, entry: ScheduleEntry, nowMs: WallMs): boolean {
  const task = waitingTask(tx, entry.taskId);
  if (task === null) return false;
  if ("err" in entry) {
    if (task.status.err !== entry.err) tx.update("task", { ...task, status: { ...task.status, err: entry.err } });
    return true;
  }
  if (!accepts(tx, task, entry.nodeId)) return false;
  tx.update("task", becomeAssigned(task, entry, nowMs));
  return true;
}

function waitingTask(view: ReadView, taskId: TaskId): Task | null {
  const task = view.get("task", taskId);
  return task !== undefined && isWaiting(task) ? task : null;
}

function accepts(view: ReadView, task: Task, nodeId: NodeId): boolean {
  const node = view.get("node", nodeId);
  return node !== undefined && takesTasks(node) && (task.nodeId === "" || task.nodeId === nodeId);
}

function becomeAssigned(task: Task, { nodeId, resources }: Assigned, nowMs: WallMs): Task {
  const message =
    task.nodeId === "" ? "scheduler assigned task to node" : "scheduler confirmed task can run on preassigned node";
  return {
    ...task,
    nodeId,
    genericResources: resources,
    status: { ...task.status, state: "ASSIGNED", message, err: "", timestampMs: nowMs, appliedAtMs: nowMs },
  };
}
