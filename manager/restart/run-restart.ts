import type { NodeId, ServiceId } from "../../shared/ids.ts";
import { type LoopDeps, runControlLoop } from "../control-loop.ts";
import { allServices, itselfWithTasks, serviceLoop, servicesOnNode, serviceUnlessReport } from "../service-loop.ts";
import { byKind, type ChangeOf } from "../store/by-kind.ts";
import { takeInMoves } from "../take-in-moves.ts";
import { isBeingEmptied } from "../tasks/node-fitness.ts";
import { decideMoves } from "./decide-moves.ts";
import { decideRestarts } from "./decide-restarts.ts";
import { decideReturns } from "./decide-returns.ts";
import { decideStarts } from "./decide-starts.ts";

/** A dead task is replaced at once; commits accumulate anyway while a pass is under way. */
const QUIET_MS = 0;
const DELAY_MS_MAX = 20;

/** Replaces tasks that ended or lost their node, and starts replacements when they are due, until the signal. */
export async function runRestart(deps: LoopDeps, signal: AbortSignal): Promise<void> {
  // Whose tasks stop once their successors run: only then does it matter here that a task has come to run.
  const emptied = new Set<NodeId>();
  using moves = await takeInMoves(deps, "restart: take in what moves", signal);
  const { moving } = moves;
  const loop = serviceLoop(deps, {
    name: "restart",
    verb: "restart tasks of",
    quietMs: QUIET_MS,
    delayMsMax: DELAY_MS_MAX,
    everything(view) {
      emptied.clear();
      for (const node of view.all("node")) if (isBeingEmptied(node)) emptied.add(node.id);
      return allServices(view);
    },
    concerned: byKind<Iterable<ServiceId>>(
      {
        service: itselfWithTasks,
        task(change) {
          const { object: task, old } = change;
          moving.note(change);
          const hasOthers = emptied.size > 0 || moving.has(task.serviceId);
          const isOfMove = old?.move !== task.move || (hasOthers && comesToRun(change));
          return isOfMove ? [task.serviceId] : serviceUnlessReport(change);
        },
        node(change, view) {
          if (change.action !== "remove" && isBeingEmptied(change.object)) emptied.add(change.object.id);
          else emptied.delete(change.object.id);
          return servicesOnNode(change, view);
        },
      },
      [],
    ),
    decide(tx, serviceId, nowMs) {
      const service = tx.get("service", serviceId);
      if (service === undefined) return { steps: [], dueInMs: null };
      const starts = decideStarts(tx, service, nowMs);
      const returns = decideReturns(tx, service, nowMs);
      return {
        steps: [...decideRestarts(tx, service), ...decideMoves(tx, service), ...returns.steps, ...starts.steps],
        dueInMs: sooner(starts.dueInMs, returns.dueInMs),
      };
    },
  });
  await runControlLoop(loop, deps, signal);
}

const sooner = (a: number | null, b: number | null): number | null =>
  a === null || b === null ? (a ?? b) : Math.min(a, b);

function comesToRun({ old, object }: ChangeOf<"task">): boolean {
  return object.status.state === "RUNNING" && old?.status.state !== "RUNNING";
}
