/** A service of three tasks in the middle of a rolling update, and what the updater decides about it. */
import { decideUpdate } from "../../manager/update/decide-update.ts";
import type { NodeId, TaskId } from "../../shared/ids.ts";
import type { Service, ServiceSpec, Task } from "../../shared/objects/types.ts";
import { createNode, createService, createTask, createTaskSpec, createTaskStatus, testId } from "./objects.ts";
import { viewOf } from "./view.ts";

export type Config = NonNullable<ServiceSpec["update"]>;
type Parts = Partial<Task & { state: Task["status"]["state"] }>;

export const NOW_MS = 1_000_000;
export const STARTED_MS = NOW_MS - 100_000;
export const OLD = 1;
export const NEW = 2;
export const oldTask = createTaskSpec({ forceUpdate: 0 });
export const newTask = createTaskSpec({ forceUpdate: 1 });

export const UPDATING = {
  state: "UPDATING",
  startedAtMs: STARTED_MS,
  completedAtMs: 0,
  failedTask: "",
  message: "update in progress",
} as const;

export function service(config: Partial<Config> | null = null, rest: Partial<Service> = {}): Service {
  const update: Config | null =
    config === null
      ? null
      : {
          parallelism: 1,
          delayMs: 0,
          monitorMs: 5000,
          failureAction: "PAUSE",
          maxFailureRatio: 0,
          order: "STOP_FIRST",
          canary: "",
          ...config,
        };
  return createService(
    "web",
    { replicas: 3, task: newTask, update },
    { generation: NEW, updateStatus: UPDATING, ...rest },
  );
}

export const at = (createdAtMs: number): Pick<Task, "meta"> => ({ meta: { version: 1, createdAtMs, updatedAtMs: 0 } });
export const outdated = (id: string, slot: number, part: Parts = {}): Task =>
  createTask(id, service(), { slot, spec: oldTask, generation: OLD, nodeId: testId<NodeId>("n1"), ...at(0), ...part });
/** A task of the new spec; `sinceMs` is for how long it has been in its state. */
export const fresh = (id: string, slot: number, state: Task["status"]["state"], sinceMs = 0, part: Parts = {}): Task =>
  createTask(id, service(), {
    slot,
    generation: NEW,
    spec: newTask,
    nodeId: testId<NodeId>("n1"),
    status: createTaskStatus(state, { appliedAtMs: NOW_MS - sinceMs }),
    ...at(STARTED_MS + 1),
    ...part,
  });

interface Outcome {
  readonly steps: string;
  readonly status: string;
  readonly dueInMs: number | null;
  readonly isRollback: boolean;
}

export function decide(of: Service, tasks: readonly Task[], ranFrom: Readonly<Record<string, number>> = {}): Outcome {
  const runningSince = new Map<TaskId, number>();
  for (const task of tasks) if (task.status.state === "RUNNING") runningSince.set(task.id, task.status.appliedAtMs);
  for (const [id, sinceMs] of Object.entries(ranFrom)) runningSince.set(testId<TaskId>(id), sinceMs);
  const view = viewOf({ nodes: [createNode("n1")], services: [of], tasks });
  const { steps, status, dueInMs, isRollback } = decideUpdate(view, of, { nowMs: NOW_MS, runningSince });
  const text = steps
    .map((step) =>
      step
        .map((op) =>
          op.kind === "create" ? `new ${op.slot} ${op.desiredState}` : `${op.kind} ${op.taskId.replace(/z+$/, "")}`,
        )
        .join(" + "),
    )
    .join(", ");
  return { steps: text, status: status === null ? "" : `${status.state}: ${status.message}`, dueInMs, isRollback };
}

export const threeOld = [outdated("a", 1), outdated("b", 2), outdated("c", 3)];
