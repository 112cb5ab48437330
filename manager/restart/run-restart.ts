import type { ServiceId } from "../../shared/ids.ts";
import { type LoopDeps, runControlLoop } from "../control-loop.ts";
import { allServices, itself, serviceLoop, servicesOnNode, serviceUnlessReport } from "../service-loop.ts";
import { byKind } from "../store/by-kind.ts";
import { decideRestarts } from "./decide-restarts.ts";
import { decideStarts } from "./decide-starts.ts";

/** A dead task is replaced at once; commits accumulate anyway while a pass is under way. */
const QUIET_MS = 0;
const DELAY_MS_MAX = 20;

/** Replaces tasks that ended or lost their node, and starts replacements when they are due, until the signal. */
export function runRestart(deps: LoopDeps, signal: AbortSignal): Promise<void> {
  const loop = serviceLoop(deps, {
    name: "restart",
    verb: "restart tasks of",
    quietMs: QUIET_MS,
    delayMsMax: DELAY_MS_MAX,
    everything: allServices,
    concerned: byKind<Iterable<ServiceId>>({ service: itself, task: serviceUnlessReport, node: servicesOnNode }, []),
    decide(tx, serviceId, nowMs) {
      const service = tx.get("service", serviceId);
      if (service === undefined) return { steps: [], dueInMs: null };
      const { steps, dueInMs } = decideStarts(tx, service, nowMs);
      return { steps: [...decideRestarts(tx, service), ...steps], dueInMs };
    },
  });
  return runControlLoop(loop, deps, signal);
}
