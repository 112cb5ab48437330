import { unreachable } from "../../shared/invariant.ts";
import { isRunnable } from "../../shared/objects/task-state.ts";
import type { Service } from "../../shared/objects/types.ts";
import type { ReadView } from "../store/store-types.ts";
import { placesOf } from "../tasks/places.ts";

export interface ServiceCounts {
  /** Tasks observed RUNNING that should still run; a task on a lost host counts until it is replaced. */
  readonly runningTasks: number;
  /** Replicas, or for a global service the nodes it should run on. */
  readonly desiredTasks: number;
}

/** What `service ls` shows as REPLICAS. */
export function countTasks(view: ReadView, service: Service): ServiceCounts {
  const tasks = view.tasksOfService(service.id).filter(isRunnable);
  const runningTasks = tasks.filter(({ status }) => status.state === "RUNNING").length;
  const { spec } = service;
  switch (spec.mode) {
    case "replicated":
      return { runningTasks, desiredTasks: spec.replicated.replicas };
    case "global": {
      const { kept, open } = placesOf(view, service);
      return { runningTasks, desiredTasks: kept.length + open.length };
    }
    default:
      return unreachable(spec);
  }
}
