import type { ServiceId } from "../../shared/ids.ts";
import { type LoopDeps, runControlLoop } from "../control-loop.ts";
import { allServices, itself, serviceLoop, servicesOfTasks, serviceUnlessReport } from "../service-loop.ts";
import { byKind } from "../store/by-kind.ts";
import { isJob } from "../tasks/jobs.ts";
import { changesFitness } from "../tasks/node-fitness.ts";
import { isGlobal } from "../tasks/slots.ts";
import { decideService } from "./decide-service.ts";

/** The changes of one commit arrive together anyway; waiting longer would only delay a start. */
const QUIET_MS = 0;
const DELAY_MS_MAX = 20;

/** Keeps every service at its number of tasks, until the signal. */
export function runOrchestrator(deps: LoopDeps, signal: AbortSignal): Promise<void> {
  const loop = serviceLoop(deps, {
    name: "orchestrator",
    verb: "orchestrate",
    quietMs: QUIET_MS,
    delayMsMax: DELAY_MS_MAX,
    // Removed services that still have tasks are found by their tasks.
    everything: (view) => new Set([...allServices(view), ...servicesOfTasks(view)]),
    concerned: concernedServices,
    decide: (tx, serviceId) => ({ steps: decideService(tx, serviceId), dueInMs: null }),
  });
  return runControlLoop(loop, deps, signal);
}

const concernedServices = byKind<readonly ServiceId[]>(
  {
    service: itself,
    task: serviceUnlessReport,
    node: (change, view) => {
      if (!changesFitness(change)) return [];
      // A global service may have another place, and of a job something may have come to an end with a node.
      const concerned = view.all("service").filter((service) => isGlobal(service) || isJob(service));
      return concerned.map(({ id }) => id);
    },
  },
  [],
);
