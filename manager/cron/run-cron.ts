import type { ServiceId } from "../../shared/ids.ts";
import type { Service } from "../../shared/objects/types.ts";
import { type LoopDeps, runControlLoop } from "../control-loop.ts";
import { allServices, serviceLoop, serviceUnlessReport } from "../service-loop.ts";
import { byKind } from "../store/by-kind.ts";
import { decideRuns } from "./decide-runs.ts";

/** A run may begin as soon as the one before is over. */
const QUIET_MS = 0;
const DELAY_MS_MAX = 20;

/** Begins the runs of jobs that have a schedule, until the signal. */
export function runCron(deps: LoopDeps, signal: AbortSignal): Promise<void> {
  const loop = serviceLoop(deps, {
    name: "cron",
    verb: "run",
    quietMs: QUIET_MS,
    delayMsMax: DELAY_MS_MAX,
    everything: allServices,
    concerned: byKind<Iterable<ServiceId>>(
      {
        service: ({ object }) => scheduled(object),
        task: (change, view) => {
          const service = view.get("service", change.object.serviceId);
          return service === undefined || scheduled(service).length === 0 ? [] : serviceUnlessReport(change);
        },
      },
      [],
    ),
    decide(tx, serviceId, nowMs) {
      const service = tx.get("service", serviceId);
      if (service === undefined) return { steps: [], dueInMs: null };
      const { jobStatus, dueInMs } = decideRuns(tx, service, nowMs);
      if (jobStatus !== null) tx.update("service", { ...service, jobStatus });
      return { steps: [], dueInMs };
    },
  });
  return runControlLoop(loop, deps, signal);
}

/** Without a schedule there is nothing to begin. */
const scheduled = ({ id, spec }: Service): readonly ServiceId[] => (spec.schedule === null ? [] : [id]);
