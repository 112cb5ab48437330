import { strict as assert } from "node:assert";
import { test } from "node:test";
import { decideUpdate } from "../../../../manager/update/decide-update.ts";
import type { NodeId, TaskId } from "../../../../shared/ids.ts";
import type { Service, ServiceSpec, Task } from "../../../../shared/objects/types.ts";
import {
  createNode,
  createService,
  createTask,
  createTaskSpec,
  createTaskStatus,
  testId,
} from "../../../support/objects.ts";
import { viewOf } from "../../../support/view.ts";

type Config = NonNullable<ServiceSpec["update"]>;
type Parts = Partial<Task & { state: Task["status"]["state"] }>;

const NOW_MS = 1_000_000;
const STARTED_MS = NOW_MS - 100_000;
const OLD = 1;
const NEW = 2;
const oldTask = createTaskSpec({ forceUpdate: 0 });
const newTask = createTaskSpec({ forceUpdate: 1 });

const UPDATING = {
  state: "UPDATING",
  startedAtMs: STARTED_MS,
  completedAtMs: 0,
  message: "update in progress",
  failedTask: "",
} as const;

function service(config: Partial<Config> | null = null, rest: Partial<Service> = {}): Service {
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

const at = (createdAtMs: number): Pick<Task, "meta"> => ({ meta: { version: 1, createdAtMs, updatedAtMs: 0 } });
const outdated = (id: string, slot: number, part: Parts = {}): Task =>
  createTask(id, service(), { slot, spec: oldTask, generation: OLD, nodeId: testId<NodeId>("n1"), ...at(0), ...part });
/** A task of the new spec; `sinceMs` is for how long it has been in its state. */
const fresh = (id: string, slot: number, state: Task["status"]["state"], sinceMs = 0, part: Parts = {}): Task =>
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

function decide(of: Service, tasks: readonly Task[], ranFrom: Readonly<Record<string, number>> = {}): Outcome {
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

const threeOld = [outdated("a", 1), outdated("b", 2), outdated("c", 3)];

const budget = (maxUnavailable: string, config: Partial<Config> = { parallelism: 0 }): Service => {
  const of = service(config);
  return { ...of, spec: { ...of.spec, maxUnavailable } };
};

const budgets: readonly (readonly [string, Service, readonly Task[], string])[] = [
  ["one may be missing: one stops, whatever the parallelism", budget("1"), threeOld, "shutdown a + new 1 READY"],
  ["70% of three are two", budget("70%"), threeOld, "shutdown a + new 1 READY, shutdown b + new 2 READY"],
  ["1% of three is still one", budget("1%"), threeOld, "shutdown a + new 1 READY"],
  [
    "one that is missing already counts, and it alone is replaced",
    budget("1"),
    [outdated("a", 1), outdated("b", 2), outdated("c", 3, { state: "STARTING" })],
    "shutdown c + new 3 READY",
  ],
  [
    "the next one waits until the first runs",
    budget("1"),
    [fresh("a", 1, "STARTING"), outdated("b", 2), outdated("c", 3)],
    "",
  ],
  [
    "and stops when it does",
    budget("1"),
    [fresh("a", 1, "RUNNING"), outdated("b", 2), outdated("c", 3)],
    "shutdown b + new 2 READY",
  ],
  [
    "a successor that starts first costs nothing",
    budget("0", { parallelism: 2, order: "START_FIRST" }),
    threeOld,
    "new 1 RUNNING, new 2 RUNNING",
  ],
];

for (const [name, of, tasks, steps] of budgets) {
  test(`disruption budget: ${name}`, () => assert.equal(decide(of, tasks).steps, steps));
}

test("an update that its budget holds up says so", () => {
  const tasks = [fresh("a", 1, "FAILED", 90_000), outdated("b", 2), outdated("c", 3)];
  const of = budget("1", { failureAction: "CONTINUE" });
  assert.equal(
    decide(of, tasks).status,
    "UPDATING: waiting for more of its tasks to run: 2 of 3 do, and at most 1 may be unavailable",
  );
});
