import type { ServiceId } from "../shared/ids.ts";
import { isFinal } from "../shared/objects/task-state.ts";
import type { WallMs } from "../shared/ports/clock.ts";
import type { ControlLoop, LoopDeps } from "./control-loop.ts";
import type { ChangeOf } from "./store/by-kind.ts";
import type { ReadView, WriteTx } from "./store/store-types.ts";
import { changesFitness } from "./tasks/node-fitness.ts";
import { showServiceTrouble } from "./tasks/service-trouble.ts";
import { applyTaskSteps, type TaskStep } from "./tasks/task-steps.ts";

/** The result of one pass over a service. */
export interface ServicePlan {
  readonly steps: readonly TaskStep[];
  /** When to look again even if nothing changes; null = no need. */
  readonly dueInMs: number | null;
}

export interface ServiceLoopParts
  extends Pick<ControlLoop<ServiceId>, "name" | "quietMs" | "delayMsMax" | "concerned" | "everything"> {
  /** For the labels of transactions, whose first word names the loop: "update". */
  readonly verb: string;
  /** Decides in the same transaction that applies its steps, and may write to the service. */
  decide(tx: WriteTx, serviceId: ServiceId, nowMs: WallMs): ServicePlan;
}

/** A loop whose objects are services and whose work is on their tasks. */
export function serviceLoop({ store, clock, random }: LoopDeps, parts: ServiceLoopParts): ControlLoop<ServiceId> {
  const { name, verb, decide, ...rest } = parts;
  return {
    name,
    scope: "object",
    ...rest,
    async reconcile(serviceId, lookAgain) {
      const nowMs = clock.wallNow();
      const { left, dueInMs } = await store.update(`${verb} service ${serviceId}`, (tx) => {
        // The service before `decide` may change it: the steps belong to this spec.
        const service = tx.get("service", serviceId) ?? null;
        const plan = decide(tx, serviceId, nowMs);
        return { left: applyTaskSteps(tx, service, plan.steps, { random, nowMs }), dueInMs: plan.dueInMs };
      });
      if (left > 0) lookAgain(serviceId, 0);
      else if (dueInMs !== null) lookAgain(serviceId, dueInMs);
    },
    showTrouble: (serviceId, sentence) => showServiceTrouble(store, name, serviceId, sentence),
  };
}

export const allServices = (view: ReadView): readonly ServiceId[] => view.all("service").map(({ id }) => id);

/** Services that still have tasks; they may have been removed themselves. */
export const servicesOfTasks = (view: ReadView): Iterable<ServiceId> =>
  view.referred("task", "service") as Iterable<ServiceId>;

/** For ByKind. */
export const itself = ({ object }: ChangeOf<"service">): readonly ServiceId[] => [object.id];

/**
 * For ByKind, where all work is on tasks: a service without any has none to do, and most are written first without.
 * Tasks that come later tell of themselves.
 */
export function itselfWithTasks(
  { object: { id } }: ChangeOf<"service">,
  view: Pick<ReadView, "tasksOfService">,
): readonly ServiceId[] {
  return view.tasksOfService(id).length === 0 ? [] : [id];
}

/** For ByKind: the task's service, unless a worker only reported progress. */
export function serviceUnlessReport({ action, old, object: task }: ChangeOf<"task">): readonly ServiceId[] {
  const isReport =
    action === "update" &&
    old?.desiredState === task.desiredState &&
    old.lostAtMs === task.lostAtMs &&
    isFinal(old.status.state) === isFinal(task.status.state);
  return isReport ? [] : [task.serviceId];
}

/** For ByKind: the services with tasks on the node, if the change may alter whether they fit there. */
export function servicesOnNode(change: ChangeOf<"node">, view: ReadView): Iterable<ServiceId> {
  if (!changesFitness(change)) return [];
  return new Set(view.tasksOfNode(change.object.id).map(({ serviceId }) => serviceId));
}
