import assert from "node:assert/strict";
import { test } from "node:test";
import { decideUpdate, type UpdatePlan } from "../../../../manager/update/decide-update.ts";
import type { TaskId } from "../../../../shared/ids.ts";
import type { Service, Task } from "../../../../shared/objects/types.ts";
import type { UpdateConfig, UpdateStatus } from "../../../../shared/rpc/gen/objects.ts";
import { ROLLOUT_DEFAULTS } from "../../../../shared/service-spec/defaults.ts";
import {
  createContainerSpec,
  createNode,
  createService,
  createTask,
  createTaskSpec,
  createTaskStatus,
} from "../../../support/objects.ts";
import { viewOf } from "../../../support/view.ts";

const NOW_MS = 1_000_000;
const image = (name: string) => createTaskSpec({ container: createContainerSpec({ image: name }) });
const UPDATING: UpdateStatus = {
  state: "UPDATING",
  startedAtMs: 1,
  completedAtMs: 0,
  message: "update in progress",
  failedTask: "",
};
const before = createService("web", { replicas: 4, task: image("web:1") });

function trying(update: Partial<UpdateConfig> = {}, rest: Partial<Service> = {}): Service {
  const spec = { ...before.spec, task: image("web:2"), update: { ...ROLLOUT_DEFAULTS, canary: "2", ...update } };
  return {
    ...before,
    spec,
    generation: 2,
    updateStatus: UPDATING,
    previousSpec: before.spec,
    canary: { slots: [1, 2], nodeIds: [], all: false, base: before.spec, baseGeneration: 1 },
    ...rest,
  };
}

const old = (slot: number): Task => createTask(`old${slot}`, before, { slot });
const fresh = (slot: number, part: Partial<Task> = {}): Task =>
  createTask(
    `new${slot}`,
    { ...trying(), canary: null },
    {
      slot,
      status: createTaskStatus("RUNNING", { appliedAtMs: NOW_MS - 60_000 }),
      ...part,
    },
  );

function decide(service: Service, tasks: readonly Task[]): UpdatePlan {
  const running = tasks.filter(({ status }) => status.state === "RUNNING");
  const runningSince = new Map<TaskId, number>(running.map(({ id, status }) => [id, status.appliedAtMs]));
  const view = viewOf({ nodes: [createNode("n1")], services: [service], tasks });
  return decideUpdate(view, service, { nowMs: NOW_MS, runningSince });
}

const created = ({ steps }: UpdatePlan): readonly number[] =>
  steps.flat().flatMap((op) => (op.kind === "create" ? [op.slot] : []));

test("only the canary's slots are replaced, in the update's pace", () => {
  const plan = decide(trying({ parallelism: 0 }), [1, 2, 3, 4].map(old));
  assert.deepEqual(created(plan), [1, 2]);
});

test("once they have been watched, the update waits and says for what", () => {
  const { status, steps } = decide(trying(), [fresh(1), fresh(2), old(3), old(4)]);
  assert.deepEqual(steps, []);
  assert.deepEqual(
    [status?.state, status?.message, status?.completedAtMs],
    ["CANARY", "canary: 2 of 4 run the new spec; promote or abort", NOW_MS],
  );
});

test("a canary that waits is left alone, also by a new leader", () => {
  const tasks = [fresh(1), fresh(2), old(3), old(4)];
  const { status } = decide(trying(), tasks);
  const waiting = trying({}, { updateStatus: status });
  assert.deepEqual(decide(waiting, tasks), { steps: [], status: null, dueInMs: null, isRollback: false });
});

test("after a scale, which clears the status, it is said again with the new number", () => {
  const service = trying({}, { updateStatus: null });
  const { status } = decide(service, [fresh(1), fresh(2), old(3), old(4), old(5)]);
  assert.equal(status?.message, "canary: 2 of 5 run the new spec; promote or abort");
});

test("without the canary, which a promotion takes away, the other slots follow", () => {
  const promoted = trying({ parallelism: 0 }, { canary: null });
  assert.deepEqual(created(decide(promoted, [fresh(1), fresh(2), old(3), old(4)])), [3, 4]);
});

const failed = fresh(1, {
  status: createTaskStatus("FAILED", { appliedAtMs: NOW_MS - 1, timestampMs: NOW_MS - 1, err: "exit 1" }),
  desiredState: "SHUTDOWN",
});

test("a failure counts against the canary's slots alone, and names its task", () => {
  // One of two is more than 0.4; one of four would not be.
  const { status } = decide(trying({ maxFailureRatio: 0.4 }), [failed, old(2), old(3), old(4)]);
  assert.equal(status?.state, "PAUSED");
  assert.equal(status?.failedTask, failed.id);
});

test("a canary that fails goes back even where no previous spec is left", () => {
  const service = trying({ failureAction: "ROLLBACK" }, { previousSpec: null });
  const plan = decide(service, [failed, old(2), old(3), old(4)]);
  assert.deepEqual([plan.isRollback, plan.status?.state], [true, "ROLLBACK_STARTED"]);
});
