import type { ServiceId } from "../../shared/ids.ts";
import { unreachable } from "../../shared/invariant.ts";
import { isBefore } from "../../shared/objects/task-state.ts";
import type { Service } from "../../shared/objects/types.ts";
import type { ReadView } from "../store/store-types.ts";
import { concurrencyOf } from "../tasks/jobs.ts";
import type { TaskStep } from "../tasks/task-steps.ts";
import { decideGlobal } from "./global.ts";
import { decideGlobalJob, decideReplicatedJob } from "./job.ts";
import { decideReplicated } from "./replicated.ts";

/**
 * The steps that give a service the right number of tasks in the right places; tasks of a removed service are deleted.
 */
export function decideService(view: ReadView, serviceId: ServiceId): readonly TaskStep[] {
  const service = view.get("service", serviceId);
  if (service !== undefined) return decideByMode(view, service);
  return view
    .tasksOfService(serviceId)
    .filter((task) => isBefore(task.desiredState, "REMOVE"))
    .map((task) => [{ kind: "forget", taskId: task.id }]);
}

function decideByMode(view: ReadView, service: Service): readonly TaskStep[] {
  const { spec } = service;
  switch (spec.mode) {
    case "global":
      return decideGlobal(view, service);
    case "replicated":
      return decideReplicated(view, service);
    case "replicatedJob":
      return decideReplicatedJob(view, service, concurrencyOf(spec.replicatedJob));
    case "globalJob":
      return decideGlobalJob(view, service);
    default:
      return unreachable(spec);
  }
}
