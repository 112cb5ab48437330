import { unreachable } from "../../shared/invariant.ts";
import { isRunnable } from "../../shared/objects/task-state.ts";
import type { Service } from "../../shared/objects/types.ts";
import type { ReadView } from "../store/store-types.ts";
import { concurrencyOf, isOfPresentRun } from "../tasks/jobs.ts";
import { placesOf } from "../tasks/places.ts";
import { replicasOf } from "../tasks/replicas.ts";
import { isDoneJob } from "../tasks/slots.ts";

export interface ServiceCounts {
  /** Tasks observed RUNNING that should still run; a task on a lost host counts until it is replaced. */
  readonly runningTasks: number;
  /**
   * Replicas, or for a global service the nodes it should run on; as in Docker, for a replicated job how many may run
   * at once, and for a global job how many are not done yet.
   */
  readonly desiredTasks: number;
  /** Slots that a job is done with in its present run. */
  readonly completedTasks: number;
}

/** What `service ls` shows as REPLICAS. */
export function countTasks(view: ReadView, service: Service): ServiceCounts {
  const tasks = view.tasksOfService(service.id).filter((task) => isRunnable(task) && isOfPresentRun(service, task));
  const runningTasks = tasks.filter(({ status }) => status.state === "RUNNING").length;
  const { spec } = service;
  switch (spec.mode) {
    case "replicated":
      return { runningTasks, desiredTasks: replicasOf(service), completedTasks: 0 };
    case "global": {
      const { kept, open } = placesOf(view, service);
      return { runningTasks, desiredTasks: kept.length + open.length, completedTasks: 0 };
    }
    case "replicatedJob": {
      const { kept } = placesOf(view, service);
      const desiredTasks = concurrencyOf(spec.replicatedJob);
      return { runningTasks, desiredTasks, completedTasks: kept.filter(isDoneJob).length };
    }
    case "globalJob": {
      const { kept, open } = placesOf(view, service);
      const completedTasks = kept.filter(isDoneJob).length;
      return { runningTasks, desiredTasks: kept.length + open.length - completedTasks, completedTasks };
    }
    default:
      return unreachable(spec);
  }
}
