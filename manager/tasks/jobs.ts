import { isFinal, isRunnable, rankOf } from "../../shared/objects/task-state.ts";
import type { Service, ServiceSpec, Task } from "../../shared/objects/types.ts";
import type { WallMs } from "../../shared/ports/clock.ts";
import type { JobStatus, ReplicatedJobMode } from "../../shared/rpc/gen/objects.ts";
import { SERVICE_MODES } from "../../shared/service-spec/modes.ts";
import type { ReadView } from "../store/store-types.ts";
import { isStopped } from "./node-fitness.ts";

/** Whether a service's tasks run to their end, rather than on and on. */
export const isJob = ({ spec }: Pick<Service, "spec">): boolean => SERVICE_MODES[spec.mode].isJob;

/** The run of a job that tasks are made for now; undefined for services that run on. */
export function presentRun(service: Service): number | undefined {
  return isJob(service) ? (service.jobStatus?.iteration ?? 0) : undefined;
}

/** Whether a task belongs to what its service does now; of a job, only those of its present run do. */
export const isOfPresentRun = (service: Service, task: Task): boolean =>
  !isJob(service) || task.jobIteration === presentRun(service);

/** What a job is given with each new spec: it begins a new run. null for services that run on. */
export function jobStatusAfter(before: JobStatus | null, spec: ServiceSpec, nowMs: WallMs): JobStatus | null {
  if (!SERVICE_MODES[spec.mode].isJob) return null;
  return { iteration: before === null ? 0 : before.iteration + 1, lastExecutionMs: nowMs };
}

/**
 * The tasks of earlier runs of which something may still run: as long as they do, they count against what may run at
 * the same time.
 */
export function leftFromEarlierRuns(view: ReadView, service: Service): readonly Task[] {
  return view
    .tasksOfService(service.id)
    .filter((task) => !isOfPresentRun(service, task) && !isFinal(task.status.state))
    .filter((task) => isRunnable(task) || !isStopped(view, task));
}

/** How many tasks of a replicated job may run at the same time. */
export const concurrencyOf = ({ maxConcurrent, totalCompletions }: ReplicatedJobMode): number =>
  maxConcurrent === 0 ? totalCompletions : maxConcurrent;

/** Told to run to its end, and not told to stop. */
export const isWantedToRun = (task: Task): boolean => isRunnable(task) && rankOf(task.desiredState) > rankOf("READY");
