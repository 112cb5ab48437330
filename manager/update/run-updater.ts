import { createId, type ServiceId, type TaskId } from "../../shared/ids.ts";
import { unreachable } from "../../shared/invariant.ts";
import type { PreDeployStatus, Service } from "../../shared/objects/types.ts";
import type { WallMs } from "../../shared/ports/clock.ts";
import type { Random } from "../../shared/ports/random.ts";
import { type ControlLoop, type LoopDeps, runControlLoop, takeStepsInSlices } from "../control-loop.ts";
import { allServices, serviceLoop, servicesOfTasks, servicesOnNode } from "../service-loop.ts";
import { byKind, type ChangeOf } from "../store/by-kind.ts";
import type { ReadView, WriteTx } from "../store/store-types.ts";
import { heldBase } from "../tasks/canary.ts";
import { Dependents } from "../tasks/dependents.ts";
import { freshService } from "../tasks/fresh-service.ts";
import { jobStatusAfter } from "../tasks/jobs.ts";
import { preDeployJob, preDeployJobSpec } from "../tasks/pre-deploy.ts";
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
  function* steps(): Generator<void> {
    for (const serviceId of [...servicesOfTasks(store.view())]) {
      for (const { id, status } of store.view().tasksOfService(serviceId)) {
        if (status.state === "RUNNING" && !runningSince.has(id)) runningSince.set(id, status.appliedAtMs);
      }
      yield;
    }
  }
  await takeStepsInSlices(steps(), { clock, label: "updater: take in everything" }, signal);
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
      const context = { nowMs, random: deps.random };
      applyPreDeploy(tx, service, plan, context);
      applyStatus(tx, tx.get("service", serviceId) ?? service, plan, context);
      return plan;
    },
  });
}

interface Context {
  readonly nowMs: WallMs;
  readonly random: Random;
}

function applyPreDeploy(tx: WriteTx, service: Service, { preDeploy: step }: UpdatePlan, context: Context): void {
  const present = service.preDeploy;
  if (step === undefined || present === null) return;
  switch (step.kind) {
    case "begin": {
      const jobId = beginPreDeploy(tx, service, context);
      const preDeploy: PreDeployStatus = { ...present, state: "RUNNING", startedAtMs: context.nowMs, jobId };
      tx.update("service", { ...service, preDeploy });
      return;
    }
    case "succeeded": {
      const preDeploy: PreDeployStatus = { ...present, state: "SUCCEEDED", base: null };
      // Should its tasks fail, what all slots ran is gone back to, and not what was tried before this spec.
      tx.update("service", { ...service, preDeploy, previousSpec: present.base });
      return;
    }
    case "failed":
      tx.update("service", { ...service, preDeploy: { ...present, state: "FAILED", failure: step.why } });
      return;
    case "wait":
      return;
    default:
      unreachable(step);
  }
}

/** Each further spec of the job is a run of it: what is left of the one before is stopped first. */
function beginPreDeploy(tx: WriteTx, service: Service, { nowMs, random }: Context): ServiceId {
  const spec = preDeployJobSpec(service);
  const origin = { cause: "UPDATED", atMs: nowMs, fromGeneration: 0 } as const;
  const job = preDeployJob(tx, service);
  if (job !== undefined) {
    const jobStatus = jobStatusAfter(job.jobStatus, spec, nowMs);
    const change = { spec, previousSpec: null, updateStatus: null, canary: null, preDeploy: null, jobStatus };
    writeNextSpec(tx, job, change, { origin, random });
    return job.id;
  }
  const id = createId<ServiceId>(random);
  const made = freshService(id, spec, jobStatusAfter(null, spec, nowMs), { ...origin, cause: "CREATED" });
  tx.create("service", { ...made, preDeployOf: service.id });
  return id;
}

function applyStatus(
  tx: WriteTx,
  service: Service,
  { status, isRollback }: UpdatePlan,
  { nowMs, random }: Context,
): void {
  if (status === null) return;
  const spec = isRollback ? fallbackOf(service) : null;
  if (spec === null) {
    tx.update("service", { ...service, updateStatus: status });
    return;
  }
  // As with Docker, there is no previous spec afterwards: what failed is not gone back to by mistake.
  const change = { spec, previousSpec: null, updateStatus: status, canary: null, preDeploy: null };
  const fromGeneration = heldBase(service)?.baseGeneration ?? generationOf(tx, service.id, spec);
  writeNextSpec(tx, service, change, { origin: { cause: "FAILED_BACK", atMs: nowMs, fromGeneration }, random });
}

const concernedServices = byKind<Iterable<ServiceId>>(
  {
    service: ({ object: { id, preDeployOf } }) => [id, ...ownersOf(preDeployOf)],
    task: (change, view) => [
      ...(mayMatter(change, view) ? [change.object.serviceId] : []),
      ...ownersOf(view.get("service", change.object.serviceId)?.preDeployOf ?? ""),
    ],
    node: servicesOnNode,
  },
  [],
);

/** Of the job that runs a service's pre-deploy command: that service. */
const ownersOf = (preDeployOf: string): readonly ServiceId[] => (preDeployOf === "" ? [] : [preDeployOf as ServiceId]);

/** Tasks that are made or told to stop always matter; what workers report matters only to an update under way. */
function mayMatter(change: ChangeOf<"task">, view: ReadView): boolean {
  const { action, old, object: task } = change;
  if (action !== "update" || old?.desiredState !== task.desiredState || old.nodeId !== task.nodeId) return true;
  if (old.status.state === task.status.state) return false;
  const state = view.get("service", task.serviceId)?.updateStatus?.state;
  return state === "UPDATING" || state === "ROLLBACK_STARTED";
}
