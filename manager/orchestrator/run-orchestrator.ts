import type { ServiceId } from "../../shared/ids.ts";
import { isFinal } from "../../shared/objects/task-state.ts";
import { type ControlLoop, type LoopDeps, runControlLoop } from "../control-loop.ts";
import { byKind } from "../store/by-kind.ts";
import { changesFitness } from "../tasks/node-fitness.ts";
import { showServiceTrouble } from "../tasks/service-trouble.ts";
import { isGlobal } from "../tasks/slots.ts";
import { applyTaskSteps } from "../tasks/task-steps.ts";
import { decideService } from "./decide-service.ts";

/** Changes of one commit come together anyway; waiting longer would only delay a start. */
const QUIET_MS = 0;
const DELAY_MS_MAX = 20;

/** Keeps every service at its number of tasks, until the signal. */
export function runOrchestrator(deps: LoopDeps, signal: AbortSignal): Promise<void> {
  return runControlLoop(orchestratorLoop(deps), deps, signal);
}

function orchestratorLoop({ store, clock, random }: LoopDeps): ControlLoop<ServiceId> {
  return {
    name: "orchestrator",
    scope: "object",
    quietMs: QUIET_MS,
    delayMsMax: DELAY_MS_MAX,
    // Services that are no more but have tasks left are found by their tasks.
    everything: (view) =>
      new Set([...view.all("service").map(({ id }) => id), ...view.all("task").map(({ serviceId }) => serviceId)]),
    concerned: concernedServices,
    async reconcile(serviceId, lookAgain) {
      const left = await store.update(`orchestrate service ${serviceId}`, (tx) => {
        const steps = decideService(tx, serviceId);
        const service = tx.get("service", serviceId) ?? null;
        return applyTaskSteps(tx, service, steps, { random, nowMs: clock.wallNow() });
      });
      if (left > 0) lookAgain(serviceId, 0);
    },
    showTrouble: (serviceId, sentence) => showServiceTrouble(store, "orchestrator", serviceId, sentence),
  };
}

const concernedServices = byKind<readonly ServiceId[]>(
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
      const globals = view.all("service").filter(isGlobal);
      return globals.map(({ id }) => id);
    },
  },
  [],
);
