import { unreachable } from "../../shared/invariant.ts";
import type { Service } from "../../shared/objects/types.ts";
import type { Dependency } from "../../shared/rpc/gen/objects.ts";
import type { ReadView } from "../store/store-types.ts";
import { isJob, isOfPresentRun } from "./jobs.ts";
import { placesOf } from "./places.ts";
import { preDeploySentence } from "./pre-deploy.ts";
import { serviceProgress } from "./service-progress.ts";
import { isDoneJob, isOver, type Slot } from "./slots.ts";

/**
 * What holds up tasks that are made for a slot for the first time, and an update's next slots, in a sentence; "" =
 * nothing. Whatever runs runs on.
 */
export function waitingSentence(view: ReadView, service: Service): string {
  return dependenciesSentence(view, service) || preDeploySentence(view, service);
}

/** "waiting for db to be healthy": what of a service's dependencies is not there yet; "" = nothing. */
export function dependenciesSentence(view: ReadView, service: Service): string {
  const unmet = service.spec.dependsOn.flatMap((dependency) => {
    const text = missingOf(view, dependency);
    return text === "" ? [] : [text];
  });
  return unmet.length === 0 ? "" : `waiting for ${unmet.join(" and for ")}`;
}

function missingOf(view: ReadView, { service: name, condition }: Dependency): string {
  const other = view.byName("service", name);
  if (other === undefined) return `${name}, a service that does not exist (any more)`;
  switch (condition) {
    case "STARTED":
      return hasStarted(view, other) ? "" : `${name} to start`;
    case "HEALTHY":
      return isHealthy(view, other) ? "" : `${name} to be healthy`;
    case "COMPLETED":
      return missingCompletion(view, other);
    default:
      return unreachable(condition);
  }
}

function hasStarted(view: ReadView, service: Service): boolean {
  return view
    .tasksOfService(service.id)
    .filter((task) => task.generation === service.generation && isOfPresentRun(service, task))
    .some(({ status: { state } }) => state === "RUNNING" || (isJob(service) && state === "COMPLETE"));
}

/** By the leader's own judgement of progress; a service without tasks gives nobody what they wait for. */
function isHealthy(view: ReadView, service: Service): boolean {
  const { converged, wanted } = serviceProgress(view, service.id);
  return converged && wanted > 0;
}

function missingCompletion(view: ReadView, service: Service): string {
  const { name } = service.spec.annotations;
  const { kept, open } = placesOf(view, service);
  const done = kept.filter(isComplete);
  if (open.length === 0 && done.length === kept.length && done.length > 0) return "";
  const failed = kept.find((slot) => isOver(slot) && !isComplete(slot));
  if (failed === undefined) return `${name} to complete`;
  return `${name} to complete, which failed for good: change it or force it to run again`;
}

/** Of a service that runs on, a slot is complete when its last task ended well and is not to be replaced. */
const isComplete = (slot: Slot): boolean =>
  isDoneJob(slot) || (isOver(slot) && slot.tasks.at(-1)?.status.state === "COMPLETE");
