import { createId, type ServiceId, type TaskId } from "../../shared/ids.ts";
import type { PreDeployStatus, Service, ServiceSpec, Task } from "../../shared/objects/types.ts";
import type { PlanServiceRequest, SlotPlan } from "../../shared/rpc/gen/control.ts";
import type { ReadView } from "../store/store-types.ts";
import { isHeldBack } from "../tasks/canary.ts";
import { chooseCanary } from "../tasks/choose-canary.ts";
import { waitingSentence } from "../tasks/dependencies.ts";
import { jobStatusAfter } from "../tasks/jobs.ts";
import { placesOf } from "../tasks/places.ts";
import { rolloutRules } from "../tasks/policies.ts";
import { preDeployAfter } from "../tasks/pre-deploy.ts";
import { RoomForTwo } from "../tasks/room-for-two.ts";
import { slotPhase } from "../tasks/slot-phase.ts";
import type { Slot } from "../tasks/slots.ts";
import { createTaskObject } from "../tasks/task-steps.ts";
import { type Trial, type TrialMoves, TrialSchedule } from "../trial-schedule.ts";
import { type ApiContext, readCommitted } from "./api-context.ts";
import { findObject } from "./reference.ts";
import { checkService, newService } from "./service.ts";
import { checkAgainstOthers } from "./service-others.ts";
import { specToRestore } from "./service-rollout.ts";

/** Slots that are planned one by one (control.proto states it, too); of more, the number is told. */
export const PLAN_SLOTS_MAX = 500;

/** What would happen to a slot, before it is known where its task would go. */
interface Planned {
  readonly slot: Slot;
  readonly action: "START" | "REPLACE" | "STOP";
  readonly afterCanary: boolean;
  /** null = nothing is made. */
  readonly made: Task | null;
}

/**
 * What a create, an update or a rollback would do if it came now: the rules of the loops themselves, over the state of
 * the leader with the changed service in it. Nothing is written.
 * @throws SwarmError as the change itself would.
 */
export async function planService(api: ApiContext, request: PlanServiceRequest, signal: AbortSignal) {
  const { spec, warnings } = await wantedSpec(api, request, signal);
  return TrialSchedule.with(api, signal, (schedule, view) => {
    const before = request.ref === "" ? null : findObject(view, "service", request.ref);
    const after = changed(api, view, before, { spec, isRollback: request.rollback });
    const { planned, kept } = plannedSlots(api, view, after);
    const shown = planned.slice(0, PLAN_SLOTS_MAX);
    const trials = schedule.place(view, movesOf(view, after, shown));
    return {
      before: before?.spec ?? null,
      after: after.spec,
      slots: shown.map((each) => toSlotPlan(view, each, trials)),
      affected: planned.length,
      kept,
      canary: after.canary === null ? 0 : planned.filter(({ afterCanary }) => !afterCanary).length,
      waiting: waitingSentence(view, after),
      warnings,
    };
  });
}

async function wantedSpec(api: ApiContext, request: PlanServiceRequest, signal: AbortSignal) {
  if (!request.rollback) return checkService(api, request, signal);
  const view = await readCommitted(api);
  const service = findObject(view, "service", request.ref);
  const { spec } = specToRestore(view, service, request.rollbackTo);
  return { spec: checkAgainstOthers(view, spec, service.id), warnings: [] };
}

function changed(
  api: ApiContext,
  view: ReadView,
  before: Service | null,
  { spec, isRollback }: { readonly spec: ServiceSpec; readonly isRollback: boolean },
): Service {
  const nowMs = api.clock.wallNow();
  if (before === null) return newService(api, createId<ServiceId>(api.random), spec);
  return {
    ...before,
    spec,
    generation: before.generation + 1,
    updateStatus: null,
    canary: isRollback ? null : chooseCanary(view, before, spec),
    preDeploy: isRollback ? null : planned(preDeployAfter(before, spec)),
    jobStatus: jobStatusAfter(before.jobStatus, spec, nowMs),
  };
}

/** The plan is of what comes once the command has succeeded; that it runs first is said beside it. */
const planned = (preDeploy: PreDeployStatus | null): PreDeployStatus | null =>
  preDeploy && { ...preDeploy, base: null };

/** Slots that something would happen to, those of a canary first, and how many stay as they are. */
function plannedSlots(
  api: ApiContext,
  view: ReadView,
  service: Service,
): { readonly planned: readonly Planned[]; readonly kept: number } {
  const { kept, open, surplus } = placesOf(view, service);
  const promoted: Service = { ...service, canary: null };
  const make = (of: Service, slot: Slot): Task => pendingTask(api, of, slot);
  const replaced = kept.flatMap((slot): readonly Planned[] => {
    if (slotPhase(view, service, slot).phase !== "updated") {
      return [{ slot, action: "REPLACE", afterCanary: false, made: make(service, slot) }];
    }
    const isLater = isHeldBack(service, slot) && slotPhase(view, promoted, slot).phase !== "updated";
    return isLater ? [{ slot, action: "REPLACE", afterCanary: true, made: make(promoted, slot) }] : [];
  });
  const started = open.map((slot): Planned => {
    return { slot, action: "START", afterCanary: false, made: make(service, slot) };
  });
  const stopped = surplus
    .filter(({ runnable }) => runnable.length > 0)
    .map((slot): Planned => ({ slot, action: "STOP", afterCanary: false, made: null }));
  const planned = [...replaced, ...started, ...stopped].sort(
    (a, b) => Number(a.afterCanary) - Number(b.afterCanary) || a.slot.slot - b.slot.slot,
  );
  return { planned, kept: kept.length - replaced.length };
}

/** As the scheduler finds it: with the ports it is placed by, and not held up by what its service depends on. */
function pendingTask(api: ApiContext, service: Service, { slot, nodeId }: Slot): Task {
  const deps = { random: api.random, nowMs: api.clock.wallNow() };
  const task = createTaskObject(service, { slot, nodeId, desiredState: "RUNNING" }, deps);
  const { mode = "VIP", ports = [] } = service.spec.endpoint ?? {};
  return {
    ...task,
    status: { ...task.status, state: "PENDING" },
    endpoint: { mode, ports, virtualIps: [] },
    awaitsDependencies: false,
  };
}

/**
 * With stop-first a slot's old task is gone when the new one is placed. With start-first the first ones under way need
 * room beside the old ones; each that comes to run makes room for the next. If there can be no room, it is stop-first.
 */
function movesOf(view: ReadView, service: Service, planned: readonly Planned[]): TrialMoves {
  const { order, parallelism } = rolloutRules(service);
  const moves = planned.flatMap(({ slot, made }) => (made === null ? [] : [{ made, old: slot.runnable }]));
  const gone = planned.flatMap(({ slot, made }) => (made === null ? slot.runnable : []));
  const room = new RoomForTwo(view, service);
  const stopsFirst = order === "STOP_FIRST" || planned.some(({ slot }) => room.whyNot(slot) !== "");
  return { gone, moves, besideOld: stopsFirst ? 0 : parallelism || moves.length };
}

function toSlotPlan(
  view: ReadView,
  { slot, action, afterCanary, made }: Planned,
  trials: ReadonlyMap<TaskId, Trial>,
): SlotPlan {
  const hostOf = (nodeId: string): string => view.get("node", nodeId)?.description?.hostname || nodeId;
  const trial = made === null ? undefined : trials.get(made.id);
  return {
    name: slot.nodeId === "" ? String(slot.slot) : hostOf(slot.nodeId),
    action,
    fromHost: hostOf(slot.runnable.at(-1)?.nodeId ?? ""),
    toHost: hostOf(trial?.nodeId ?? ""),
    whyNot: trial?.whyNot ?? "",
    afterCanary,
  };
}
