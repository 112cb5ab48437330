import type { ServiceId, TaskId } from "../../shared/ids.ts";
import type { Service } from "../../shared/objects/types.ts";
import type { WallMs } from "../../shared/ports/clock.ts";
import type { Random } from "../../shared/ports/random.ts";
import { TimeSlices } from "../../shared/time-slices.ts";
import { type ControlLoop, type LoopDeps, PASS_SLICE_MS, runControlLoop } from "../control-loop.ts";
import { allServices, itself, serviceLoop, servicesOnNode } from "../service-loop.ts";
import { byKind, type ChangeOf } from "../store/by-kind.ts";
import type { ReadView, WriteTx } from "../store/store-types.ts";
import { Dependents } from "../tasks/dependents.ts";
import { generationOf, writeNextSpec } from "../tasks/spec-history.ts";
import { decideUpdate, fallbackOf, type UpdatePlan } from "./decide-update.ts";

/**
 * Reports come in bursts, and each pass looks at all tasks of a service; two milliseconds do not matter to an update.
 */
const QUIET_MS = 2;
const DELAY_MS_MAX = 20;

/** Carries services from one spec to the next, slot by slot, until the signal. */
export async function runUpdater(deps: LoopDeps, signal: AbortSignal): Promise<void> {
  const runningSince = new Map<TaskId, WallMs>();
  // Subscribed before the loop itself, so that each pass knows what the commit that caused it said.
  using _subscription = deps.store.subscribe(({ changes }) => {
    for (const change of changes) if (change.kind === "task") noteRunning(runningSince, change);
  });
  await noteAllRunning(runningSince, deps, signal);
  await runControlLoop(updaterLoop(deps, runningSince), deps, signal);
}

/** Those that ran before this leadership, in slices: what has happened meanwhile is known already. */
async function noteAllRunning(
  runningSince: Map<TaskId, WallMs>,
  { store, clock }: LoopDeps,
  signal: AbortSignal,
): Promise<void> {
  const slices = new TimeSlices({ clock, sliceMs: PASS_SLICE_MS, label: "updater: take in everything" });
  for (const { id } of store.view().all("task")) {
    if (slices.isUsedUp) await slices.rest(signal).catch(() => {});
    if (signal.aborted) return;
    const task = store.view().get("task", id);
    if (task?.status.state === "RUNNING" && !runningSince.has(id)) runningSince.set(id, task.status.appliedAtMs);
  }
}

function noteRunning(runningSince: Map<TaskId, WallMs>, change: ChangeOf<"task">): void {
  const { object: task, action } = change;
  if (action === "remove") runningSince.delete(task.id);
  else if (task.status.state === "RUNNING" && !runningSince.has(task.id)) {
    runningSince.set(task.id, task.status.appliedAtMs);
  }
}

function updaterLoop(deps: LoopDeps, runningSince: ReadonlyMap<TaskId, WallMs>): ControlLoop<ServiceId> {
  const dependents = new Dependents();
  return serviceLoop(deps, {
    name: "updater",
    verb: "update",
    quietMs: QUIET_MS,
    delayMsMax: DELAY_MS_MAX,
    everything(view) {
      dependents.rebuild(view);
      return allServices(view);
    },
    concerned: (change, view) => [...concernedServices(change, view), ...dependents.concerned(change)],
    decide(tx, serviceId, nowMs) {
      const service = tx.get("service", serviceId);
      if (service === undefined) return { steps: [], dueInMs: null };
      const plan = decideUpdate(tx, service, { nowMs, runningSince });
      applyStatus(tx, service, plan, { nowMs, random: deps.random });
      return plan;
    },
  });
}

function applyStatus(
  tx: WriteTx,
  service: Service,
  { status, isRollback }: UpdatePlan,
  { nowMs, random }: { readonly nowMs: WallMs; readonly random: Random },
): void {
  if (status === null) return;
  const spec = isRollback ? fallbackOf(service) : null;
  if (spec === null) {
    tx.update("service", { ...service, updateStatus: status });
    return;
  }
  // As with Docker, there is no previous spec afterwards: what failed is not gone back to by mistake.
  const change = { spec, previousSpec: null, updateStatus: status, canary: null };
  const fromGeneration = service.canary?.baseGeneration ?? generationOf(tx, service.id, spec);
  writeNextSpec(tx, service, change, { origin: { cause: "FAILED_BACK", atMs: nowMs, fromGeneration }, random });
}

const concernedServices = byKind<Iterable<ServiceId>>(
  {
    service: itself,
    task: (change, view) => (mayMatter(change, view) ? [change.object.serviceId] : []),
    node: servicesOnNode,
  },
  [],
);

/** Tasks that are made or told to stop always matter; what workers report matters only to an update under way. */
function mayMatter(change: ChangeOf<"task">, view: ReadView): boolean {
  const { action, old, object: task } = change;
  if (action !== "update" || old?.desiredState !== task.desiredState || old.nodeId !== task.nodeId) return true;
  if (old.status.state === task.status.state) return false;
  const state = view.get("service", task.serviceId)?.updateStatus?.state;
  return state === "UPDATING" || state === "ROLLBACK_STARTED";
}
