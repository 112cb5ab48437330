import type { ServiceId } from "../../shared/ids.ts";
import { isFinal, isRunnable } from "../../shared/objects/task-state.ts";
import { type ControlLoop, type LoopDeps, runControlLoop } from "../control-loop.ts";
import { itselfWithTasks, servicesOfTasks } from "../service-loop.ts";
import { byKind } from "../store/by-kind.ts";
import { showServiceTrouble } from "../tasks/service-trouble.ts";
import { decideReaping } from "./decide-reaping.ts";

/** Deleting is never urgent, and many deletions in one transaction cost little more than one; Docker waits 250 ms. */
const QUIET_MS = 100;
const DELAY_MS_MAX = 250;

/** Deletes tasks that are no longer needed, until the signal. */
export function runReaper(deps: LoopDeps, signal: AbortSignal): Promise<void> {
  return runControlLoop(reaperLoop(deps), deps, signal);
}

function reaperLoop({ store }: LoopDeps): ControlLoop<ServiceId> {
  return {
    name: "reaper",
    scope: "object",
    quietMs: QUIET_MS,
    delayMsMax: DELAY_MS_MAX,
    everything: servicesOfTasks,
    concerned: concernedServices,
    async reconcile(serviceId, lookAgain) {
      const isPartial = await store.update(`reap tasks of service ${serviceId}`, (tx) => {
        for (const taskId of decideReaping(tx, serviceId)) {
          if (tx.isFull) return true;
          tx.remove("task", taskId);
        }
        return false;
      });
      if (isPartial) lookAgain(serviceId, 0);
    },
    showTrouble: (serviceId, sentence) => showServiceTrouble(store, "reaper", serviceId, sentence),
  };
}

const concernedServices = byKind<Iterable<ServiceId>>(
  {
    task: ({ action, old, object: task }) => {
      const isSame =
        action === "update" &&
        old !== null &&
        isFinal(old.status.state) === isFinal(task.status.state) &&
        old.desiredState === task.desiredState;
      return action === "remove" || isSame || (isRunnable(task) && action === "update") ? [] : [task.serviceId];
    },
    service: itselfWithTasks,
    // No one reports the end of the tasks of a removed node.
    node: ({ action, object }, view) =>
      action === "remove" ? new Set(view.tasksOfNode(object.id).map(({ serviceId }) => serviceId)) : [],
    // The history limit may have changed.
    cluster: (_change, view) => view.all("service").map(({ id }) => id),
  },
  [],
);
