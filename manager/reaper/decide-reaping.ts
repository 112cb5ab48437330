import type { ServiceId, TaskId } from "../../shared/ids.ts";
import { isBefore, isFinal, isRunnable } from "../../shared/objects/task-state.ts";
import type { Service, Task } from "../../shared/objects/types.ts";
import type { ReadView } from "../store/store-types.ts";
import { isJob, isOfLiveRun } from "../tasks/jobs.ts";
import { restartRules } from "../tasks/policies.ts";
import { endedAtMs } from "../tasks/restart-rules.ts";
import { liveSlots, type Slot } from "../tasks/slots.ts";

/**
 * The tasks of a service that are no longer needed (docs/docker-behaviour.md#slots-and-history): those marked for
 * removal, once nothing of them can run; and, of each slot's history, what exceeds the limit, oldest first. Nothing
 * that may still run is ever deleted, since its worker would then not be told to stop it.
 */
export function decideReaping(view: ReadView, serviceId: ServiceId): readonly TaskId[] {
  const tasks = view.tasksOfService(serviceId);
  const forgotten = tasks.filter((task) => task.desiredState === "REMOVE" && isGone(view, task));
  const service = view.get("service", serviceId);
  if (service === undefined) {
    // Tasks of a removed service that are over need no further step.
    return tasks.filter((task) => isGone(view, task) && !isRunnable(task)).map(({ id }) => id);
  }
  const limit = historyLimit(view, service);
  const surplus = liveSlots(view, service).flatMap((slot) => historySurplus(view, limit, slot));
  return [...forgotten, ...surplus, ...oldRuns(view, service)].map(({ id }) => id);
}

/** Of a job, what is left of runs that history has no room for. As many runs are kept as tasks of a slot. */
function oldRuns(view: ReadView, service: Service): readonly Task[] {
  const limit = service.spec.schedule?.history || view.cluster().spec.taskHistoryRetentionLimit;
  if (!isJob(service) || limit < 0) return [];
  const earlier = view.tasksOfService(service.id).filter((task) => !isOfLiveRun(service, task));
  const runs = [...new Set(earlier.map(({ jobIteration = 0 }) => jobIteration))].toSorted((a, b) => b - a);
  const old = new Set(runs.slice(Math.max(0, limit - 1)));
  return earlier.filter(
    (task) =>
      old.has(task.jobIteration ?? 0) && task.desiredState !== "REMOVE" && !isRunnable(task) && isGone(view, task),
  );
}

function historySurplus(view: ReadView, limit: number, slot: Slot): readonly Task[] {
  if (limit < 0) return [];
  // The last task of a slot that has run its course is the record that it has; without it the slot would be refilled.
  const keep = slot.runnable.length === 0 ? Math.max(1, limit) : limit;
  const surplus = slot.tasks.length - keep;
  if (surplus <= 0) return [];
  const newest = slot.tasks.at(-1);
  return (
    slot.tasks
      .filter((task) => !isRunnable(task) && isGone(view, task) && (slot.runnable.length > 0 || task !== newest))
      // A completion is what a job counts, whatever came after it.
      .filter(({ jobIteration, status }) => jobIteration === undefined || status.state !== "COMPLETE")
      .toSorted((a, b) => endedAtMs(a) - endedAtMs(b))
      .slice(0, surplus)
  );
}

/**
 * Tasks kept for each slot, including the live one; negative = all. Counting restart attempts needs one more than the
 * attempts.
 */
function historyLimit(view: ReadView, service: Service): number {
  const limit = view.cluster().spec.taskHistoryRetentionLimit;
  const { attemptsMax } = restartRules(service.spec.task);
  return limit < 0 || attemptsMax === 0 ? limit : Math.max(limit, attemptsMax + 1);
}

/**
 * Nothing of it runs and no report on it will come: it is over, was never given to a worker, or its node was removed.
 */
function isGone(view: ReadView, task: Task): boolean {
  if (isFinal(task.status.state) || isBefore(task.status.state, "ASSIGNED")) return true;
  return task.nodeId === "" || view.get("node", task.nodeId) === undefined;
}
