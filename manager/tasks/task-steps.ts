import { createId, type NodeId, type TaskId } from "../../shared/ids.ts";
import { unreachable } from "../../shared/invariant.ts";
import { isBefore, rankOf } from "../../shared/objects/task-state.ts";
import type { Service, Task } from "../../shared/objects/types.ts";
import type { WallMs } from "../../shared/ports/clock.ts";
import type { Random } from "../../shared/ports/random.ts";
import type { WriteTx } from "../store/store-types.ts";
import { serviceAt } from "./canary.ts";
import { isJob, presentRun } from "./jobs.ts";
import { awaitsFirstDeploy } from "./pre-deploy.ts";

/** What orchestration does to tasks, as data. */
export type TaskOp =
  /** A new task of the service's present spec, or of the one before where a canary holds that back. */
  | {
      readonly kind: "create";
      readonly slot: number;
      readonly nodeId: NodeId | "";
      readonly desiredState: "READY" | "RUNNING";
      /** How long its start will be delayed, for people to see; the delay itself follows from its slot's history. */
      readonly delayMs?: number;
      /** How many tasks of its slot have ended quickly before it, one after the other. */
      readonly quickEnds?: number;
      /** It waits for what its service depends on; what replaces a task that ran does not. */
      readonly isFirst?: true;
      /** Of a job: the run that it is for; the present one unless it is said. */
      readonly run?: number | undefined;
    }
  /** Let a prepared task start. */
  | { readonly kind: "start"; readonly taskId: TaskId }
  /** Stop it and keep it as history; a task that never got to a node has none and is deleted. */
  | { readonly kind: "shutdown"; readonly taskId: TaskId }
  /** Stop it and delete it. */
  | { readonly kind: "forget"; readonly taskId: TaskId };

/** Operations that happen together or not at all, such as a task and its replacement. */
export type TaskStep = readonly TaskOp[];

/**
 * Applies steps in order until the transaction is full. `service` may be null when nothing is created.
 * @returns how many steps were left for another transaction.
 */
export function applyTaskSteps(
  tx: WriteTx,
  service: Service | null,
  steps: readonly TaskStep[],
  deps: { readonly random: Random; readonly nowMs: WallMs },
): number {
  for (const [at, step] of steps.entries()) {
    if (tx.isFull) return steps.length - at;
    for (const op of step) applyOp(tx, service, op, deps);
  }
  return 0;
}

/** A task of the spec that its place should run and, of a job, of the present run; in state NEW. */
export function createTaskObject(
  of: Service,
  place: Omit<Extract<TaskOp, { readonly kind: "create" }>, "kind">,
  deps: { readonly random: Random; readonly nowMs: WallMs },
): Task {
  const service = serviceAt(of, place);
  return {
    id: createId<TaskId>(deps.random),
    meta: { version: 0, createdAtMs: 0, updatedAtMs: 0 },
    spec: service.spec.task,
    generation: service.generation,
    serviceId: service.id,
    serviceAnnotations: service.spec.annotations,
    slot: place.slot,
    nodeId: place.nodeId,
    status: {
      state: "NEW",
      timestampMs: deps.nowMs,
      message: "created",
      err: "",
      container: null,
      hostPorts: [],
      appliedAtMs: deps.nowMs,
    },
    desiredState: place.desiredState === "RUNNING" && isJob(service) ? "COMPLETE" : place.desiredState,
    networks: [],
    endpoint: null,
    genericResources: [],
    ...(place.delayMs === undefined || place.delayMs === 0 ? {} : { notBeforeMs: deps.nowMs + place.delayMs }),
    ...(place.quickEnds === undefined || place.quickEnds === 0 ? {} : { quickEnds: place.quickEnds }),
    awaitsDependencies: place.isFirst === true && (service.spec.dependsOn.length > 0 || awaitsFirstDeploy(service)),
    preemption: null,
    move: null,
    ...(isJob(service) ? { jobIteration: place.run ?? presentRun(service) ?? 0 } : {}),
  };
}

function applyOp(
  tx: WriteTx,
  service: Service | null,
  op: TaskOp,
  deps: { readonly random: Random; readonly nowMs: WallMs },
): void {
  switch (op.kind) {
    case "create":
      if (service !== null) tx.create("task", createTaskObject(service, op, deps));
      break;
    case "start":
      raiseDesired(tx, op.taskId, "RUNNING");
      break;
    case "shutdown":
      raiseDesired(tx, op.taskId, "SHUTDOWN");
      break;
    case "forget":
      raiseDesired(tx, op.taskId, "REMOVE");
      break;
    default:
      unreachable(op);
  }
}

function raiseDesired(tx: WriteTx, taskId: TaskId, wanted: "RUNNING" | "SHUTDOWN" | "REMOVE"): void {
  const task = tx.get("task", taskId);
  if (task === undefined) return;
  const neverRan = wanted === "SHUTDOWN" && rankOf(task.status.state) < rankOf("ASSIGNED");
  const toRun = task.jobIteration === undefined ? "RUNNING" : "COMPLETE";
  const desiredState = neverRan ? "REMOVE" : wanted === "RUNNING" ? toRun : wanted;
  if (isBefore(task.desiredState, desiredState)) tx.update("task", { ...task, desiredState });
}
