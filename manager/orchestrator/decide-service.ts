import type { ServiceId } from "../../shared/ids.ts";
import { isBefore } from "../../shared/objects/task-state.ts";
import type { ReadView } from "../store/store-types.ts";
import { isGlobal } from "../tasks/slots.ts";
import type { TaskStep } from "../tasks/task-steps.ts";
import { decideGlobal } from "./global.ts";
import { decideReplicated } from "./replicated.ts";

/** What makes the number and places of a service's tasks right; tasks of a service that is no more are forgotten. */
export function decideService(view: ReadView, serviceId: ServiceId): readonly TaskStep[] {
  const service = view.get("service", serviceId);
  if (service !== undefined) return isGlobal(service) ? decideGlobal(view, service) : decideReplicated(view, service);
  return view
    .tasksOfService(serviceId)
    .filter((task) => isBefore(task.desiredState, "REMOVE"))
    .map((task) => [{ kind: "forget", taskId: task.id }]);
}
