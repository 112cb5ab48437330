import type { NodeId } from "../../shared/ids.ts";
import { unreachable } from "../../shared/invariant.ts";
import { isBefore, isRunnable } from "../../shared/objects/task-state.ts";
import type { Service, Task } from "../../shared/objects/types.ts";
import type { ReadView } from "../store/store-types.ts";
import { groupTasks } from "./group-tasks.ts";
import { isJob, liveRuns, presentRun } from "./jobs.ts";
import { mayReplace } from "./restart-rules.ts";

/** One place of a service where one task should run: a number, or for global services and jobs a node. */
export interface Slot {
  /** 0 for global services and jobs. */
  readonly slot: number;
  /** "" for replicated services and jobs. */
  readonly nodeId: NodeId | "";
  /** Oldest first; those to be deleted (desired REMOVE) are left out. */
  readonly tasks: readonly Task[];
  /** Those of `tasks` that are still wanted to run. */
  readonly runnable: readonly Task[];
}

type SlotKey = Slot["slot"] | Slot["nodeId"];

/** Whether a service has a slot for each node, rather than numbered ones. */
export function isGlobal({ spec }: Service): boolean {
  switch (spec.mode) {
    case "global":
    case "globalJob":
      return true;
    case "replicated":
    case "replicatedJob":
      return false;
    default:
      return unreachable(spec);
  }
}

/** The service's slots, by number or node id; of a job those of one run, and of the present one unless it is said. */
export function slotsOf(
  service: Service,
  tasks: readonly Task[],
  run: number | undefined = presentRun(service),
): readonly Slot[] {
  const keyOf = (task: Task): SlotKey | null => {
    if (!isBefore(task.desiredState, "REMOVE") || (isJob(service) && task.jobIteration !== run)) return null;
    return isGlobal(service) ? task.nodeId : task.slot;
  };
  const kind = `${service.id} ${service.spec.mode} ${run ?? ""}`;
  return groupTasks(tasks, kind, { keyOf, toGroup: (group) => toSlot(service, group), compare: bySlot });
}

/** The slots in which tasks are to be started and replaced; of a job those of all runs that are to be done. */
export function liveSlots(view: ReadView, service: Service): readonly Slot[] {
  const tasks = view.tasksOfService(service.id);
  return liveRuns(service).flatMap((run) => slotsOf(service, tasks, run));
}

/**
 * Whether the slot has run its course: nothing is wanted to run in it and its last task may not be replaced. It stays
 * as it is until the service's spec changes.
 */
export function isOver(slot: Slot): boolean {
  const newest = slot.tasks.at(-1);
  if (slot.runnable.length > 0 || newest === undefined) return false;
  return isDoneJob(slot) || !mayReplace(newest, slot.tasks);
}

/**
 * Whether a job is done with the slot. The task that did the work need not be the newest: one on a host that was lost
 * may end well there while its replacement is under way elsewhere.
 */
export const isDoneJob = ({ tasks }: Slot): boolean =>
  tasks.some(({ jobIteration, status }) => jobIteration !== undefined && status.state === "COMPLETE");

/** Older first; tasks of the same instant by id, so that every manager sees the same order. */
export function byAge(a: Task, b: Task): number {
  return a.meta.createdAtMs - b.meta.createdAtMs || (a.id < b.id ? -1 : 1);
}

function toSlot(service: Service, group: readonly Task[]): Slot {
  const tasks = group.toSorted(byAge);
  const first = tasks[0];
  return {
    slot: first?.slot ?? 0,
    nodeId: isGlobal(service) ? (first?.nodeId ?? "") : "",
    tasks,
    runnable: tasks.filter(isRunnable),
  };
}

function bySlot(a: Slot, b: Slot): number {
  return a.slot - b.slot || (a.nodeId < b.nodeId ? -1 : 1);
}
