import type { TaskId } from "../../shared/ids.ts";
import type { Service, Task } from "../../shared/objects/types.ts";
import type { WallMs } from "../../shared/ports/clock.ts";
import type { ReadView } from "../store/store-types.ts";
import { endedAtMs, endedByItself } from "../tasks/restart-rules.ts";
import { slotsOf } from "../tasks/slots.ts";
import type { RunningSince } from "./slot-rollout.ts";

/**
 * The tasks that count as failures of an update, at most one for each slot: made from its spec, ended by themselves
 * since it began, and never seen running, or not for longer than the monitor time. Exit code 0 counts too: a service
 * should keep running.
 */
export function findFailures(
  view: ReadView,
  service: Service,
  startedAtMs: WallMs,
  monitorMs: number,
  runningSince: RunningSince,
): readonly TaskId[] {
  const isFailure = (task: Task): boolean => {
    if (task.generation !== service.generation || !endedByItself(task)) return false;
    const endedMs = endedAtMs(task);
    if (endedMs < startedAtMs) return false;
    const sinceMs = runningSince.get(task.id);
    return sinceMs === undefined || endedMs - sinceMs <= monitorMs;
  };
  return slotsOf(service, view.tasksOfService(service.id)).flatMap(({ tasks }) => {
    const failed = tasks.find(isFailure);
    return failed === undefined ? [] : [failed.id];
  });
}
