import type { ServiceId } from "../../shared/ids.ts";
import { isFinal } from "../../shared/objects/task-state.ts";
import { type ControlLoop, type LoopDeps, runControlLoop } from "../control-loop.ts";
import { byKind } from "../store/by-kind.ts";
import { changesFitness } from "../tasks/node-fitness.ts";
import { showServiceTrouble } from "../tasks/service-trouble.ts";
import { applyTaskSteps } from "../tasks/task-steps.ts";
import { decideRestarts } from "./decide-restarts.ts";
import { decideStarts } from "./decide-starts.ts";

/** A dead task is replaced at once; commits gather by themselves while a pass is on its way. */
const QUIET_MS = 0;
const DELAY_MS_MAX = 20;

/** Replaces tasks that ended or lost their node, and starts replacements when they are due, until the signal. */
export function runRestart(deps: LoopDeps, signal: AbortSignal): Promise<void> {
  return runControlLoop(restartLoop(deps), deps, signal);
}

function restartLoop({ store, clock, random }: LoopDeps): ControlLoop<ServiceId> {
  return {
    name: "restart",
    scope: "object",
    quietMs: QUIET_MS,
    delayMsMax: DELAY_MS_MAX,
    everything: (view) => view.all("service").map(({ id }) => id),
    concerned: concernedServices,
    async reconcile(serviceId, lookAgain) {
      const { left, dueInMs } = await store.update(`restart tasks of service ${serviceId}`, (tx) => {
        const service = tx.get("service", serviceId);
        if (service === undefined) return { left: 0, dueInMs: null };
        const nowMs = clock.wallNow();
        const starts = decideStarts(tx, service, nowMs);
        const steps = [...decideRestarts(tx, service), ...starts.steps];
        return { left: applyTaskSteps(tx, service, steps, { random, nowMs }), dueInMs: starts.dueInMs };
      });
      if (left > 0) lookAgain(serviceId, 0);
      else if (dueInMs !== null) lookAgain(serviceId, dueInMs);
    },
    showTrouble: (serviceId, sentence) => showServiceTrouble(store, "restart", serviceId, sentence),
  };
}

const concernedServices = byKind<Iterable<ServiceId>>(
  {
    service: ({ object }) => [object.id],
    task: ({ action, old, object: task }) => {
      const isReport =
        action === "update" &&
        old?.desiredState === task.desiredState &&
        isFinal(old.status.state) === isFinal(task.status.state);
      return isReport ? [] : [task.serviceId];
    },
    node: (change, view) => {
      if (!changesFitness(change)) return [];
      return new Set(view.tasksOfNode(change.object.id).map(({ serviceId }) => serviceId));
    },
  },
  [],
);
