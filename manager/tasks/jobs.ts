import { isFinal, isRunnable, rankOf } from "../../shared/objects/task-state.ts";
import type { Service, ServiceSpec, Task } from "../../shared/objects/types.ts";
import type { WallMs } from "../../shared/ports/clock.ts";
import type { JobStatus, ReplicatedJobMode } from "../../shared/rpc/gen/objects.ts";
import { SERVICE_MODES } from "../../shared/service-spec/modes.ts";
import type { ReadView } from "../store/store-types.ts";
import { isStopped } from "./node-fitness.ts";

/** Whether a service's tasks run to their end, rather than on and on. */
export const isJob = ({ spec }: Pick<Service, "spec">): boolean => SERVICE_MODES[spec.mode].isJob;

/**
 * The run of a job that tasks are made for now; undefined for services that run on, and while a schedule has not begun
 * the first one.
 */
export function presentRun({ spec, jobStatus }: Service): number | undefined {
  if (!SERVICE_MODES[spec.mode].isJob) return undefined;
  if (spec.schedule !== null && jobStatus?.lastExecutionMs === 0) return undefined;
  return jobStatus?.iteration ?? 0;
}

/**
 * The runs whose slots are to be done, the present one last; of a service that runs on, `undefined` stands for all of
 * its tasks. Only a schedule that allows it has more than one.
 */
export function liveRuns(service: Service): readonly (number | undefined)[] {
  if (!isJob(service)) return [undefined];
  const present = presentRun(service);
  return present === undefined ? [] : [...(service.jobStatus?.earlierRuns ?? []), present];
}

/** Whether a task belongs to what its service does now; of a job, only those of its present run do. */
export const isOfPresentRun = (service: Service, task: Task): boolean =>
  !isJob(service) || task.jobIteration === presentRun(service);

/** Likewise, of any run that is to be done. */
export const isOfLiveRun = (service: Service, task: Task): boolean =>
  !isJob(service) || liveRuns(service).includes(task.jobIteration);

/**
 * What a job is given with a new spec: the run under way ends, and a new one begins, unless a schedule does that. null
 * for services that run on.
 */
export function jobStatusAfter(before: JobStatus | null, spec: ServiceSpec, nowMs: WallMs): JobStatus | null {
  if (!SERVICE_MODES[spec.mode].isJob) return null;
  // What was due before the schedule was given, or changed, is not made up for.
  const scheduled = { lastScheduledMs: spec.schedule === null ? 0 : nowMs, nextRunMs: 0 };
  const lastExecutionMs = spec.schedule === null ? nowMs : 0;
  return { iteration: nextIteration(before), lastExecutionMs, earlierRuns: [], ...scheduled };
}

/** The number of the run that begins next. */
export const nextIteration = (before: JobStatus | null): number =>
  before === null || before.lastExecutionMs === 0 ? (before?.iteration ?? 0) : before.iteration + 1;

/**
 * The tasks of runs that are over for their job, of which something may still run: as long as they do, they count
 * against what may run at the same time.
 */
export function leftFromEarlierRuns(view: ReadView, service: Service): readonly Task[] {
  return view
    .tasksOfService(service.id)
    .filter((task) => !isOfLiveRun(service, task) && !isFinal(task.status.state))
    .filter((task) => isRunnable(task) || !isStopped(view, task));
}

/** How many tasks of a replicated job may run at the same time. */
export const concurrencyOf = ({ maxConcurrent, totalCompletions }: ReplicatedJobMode): number =>
  maxConcurrent === 0 ? totalCompletions : maxConcurrent;

/** Told to run to its end, and not told to stop. */
export const isWantedToRun = (task: Task): boolean => isRunnable(task) && rankOf(task.desiredState) > rankOf("READY");
