import { strict as assert } from "node:assert";
import { test } from "node:test";
import { decideUpdate } from "../../../../manager/update/decide-update.ts";
import type { NodeId } from "../../../../shared/ids.ts";
import type { Service, Task } from "../../../../shared/objects/types.ts";
import { createNode, createService, createTask, createTaskSpec, testId } from "../../../support/objects.ts";
import {
  at,
  type Config,
  decide,
  fresh,
  NEW,
  NOW_MS,
  newTask,
  OLD,
  oldTask,
  outdated,
  STARTED_MS,
  service,
  threeOld,
  UPDATING,
} from "../../../support/update-world.ts";
import { viewOf } from "../../../support/view.ts";

test("an update begins with the first slot: old task stopped, new one made ready, in one step", () => {
  const { steps, status } = decide(service(null, { updateStatus: null }), threeOld);
  assert.equal(status, "UPDATING: update in progress");
  assert.equal(steps, "shutdown a + new 1 READY");
});

test("nothing begins where every task is of the present spec", () => {
  const done = [fresh("a", 1, "RUNNING"), fresh("b", 2, "PREPARING")];
  assert.deepEqual(decide(service(null, { updateStatus: null }), done), {
    steps: "",
    status: "",
    dueInMs: null,
    isRollback: false,
  });
});

const paces: readonly {
  readonly name: string;
  readonly config: Partial<Config>;
  readonly tasks: Task[];
  readonly steps: string;
  readonly dueInMs?: number;
}[] = [
  {
    name: "parallelism 2 takes two slots",
    config: { parallelism: 2 },
    tasks: threeOld,
    steps: "shutdown a + new 1 READY, shutdown b + new 2 READY",
  },
  {
    name: "parallelism 0 takes all",
    config: { parallelism: 0 },
    tasks: threeOld,
    steps: "shutdown a + new 1 READY, shutdown b + new 2 READY, shutdown c + new 3 READY",
  },
  {
    name: "a slot under way holds up the next",
    config: {},
    tasks: [fresh("a", 1, "STARTING"), outdated("b", 2)],
    steps: "",
  },
  {
    name: "a slot that runs lets the next begin",
    config: {},
    tasks: [fresh("a", 1, "RUNNING"), outdated("b", 2)],
    steps: "shutdown b + new 2 READY",
  },
  {
    name: "the delay is waited for",
    config: { delayMs: 3000 },
    tasks: [fresh("a", 1, "RUNNING", 1000), outdated("b", 2)],
    steps: "",
    dueInMs: 2000,
  },
  {
    name: "after the delay the next begins",
    config: { delayMs: 3000 },
    tasks: [fresh("a", 1, "RUNNING", 3000), outdated("b", 2)],
    steps: "shutdown b + new 2 READY",
  },
  {
    name: "a crash counts as arrival where failures are accepted",
    config: { failureAction: "CONTINUE" },
    tasks: [
      fresh("a", 1, "FAILED", 0, { desiredState: "SHUTDOWN" }),
      fresh("a2", 1, "READY", 0, { desiredState: "READY" }),
      outdated("b", 2),
    ],
    steps: "shutdown b + new 2 READY",
  },
  {
    name: "start-first makes the new task first",
    config: { order: "START_FIRST" },
    tasks: [outdated("a", 1)],
    steps: "new 1 RUNNING",
  },
  {
    name: "start-first, overtaken by another update, keeps only the task that serves",
    config: { order: "START_FIRST" },
    tasks: [
      outdated("a", 1),
      outdated("a2", 1, { state: "STARTING", ...at(1) }),
      outdated("a3", 1, { state: "NEW", ...at(2) }),
    ],
    steps: "shutdown a2 + shutdown a3 + new 1 RUNNING",
  },
  {
    name: "start-first keeps the old task until the new one runs",
    config: { order: "START_FIRST" },
    tasks: [outdated("a", 1), fresh("a2", 1, "STARTING"), outdated("b", 2)],
    steps: "",
  },
  {
    name: "start-first stops the old task once the new one runs",
    config: { order: "START_FIRST" },
    tasks: [outdated("a", 1), fresh("a2", 1, "RUNNING")],
    steps: "shutdown a",
  },
  {
    name: "a slot that has run its course is revived by a new spec",
    config: {},
    tasks: [
      outdated("a", 1, {
        state: "FAILED",
        desiredState: "SHUTDOWN",
        spec: createTaskSpec({ restart: { condition: "NONE", maxAttempts: 0, windowMs: 0 } }),
      }),
    ],
    steps: "new 1 READY",
  },
  {
    name: "of two alike tasks the older stays",
    config: {},
    tasks: [fresh("a", 1, "RUNNING"), fresh("b", 1, "RUNNING")],
    steps: "shutdown b",
  },
];
for (const { name, config, tasks, steps, dueInMs } of paces) {
  test(`update: ${name}`, () => {
    const outcome = decide(service(config), tasks);
    assert.equal(outcome.steps, steps);
    assert.equal(outcome.dueInMs, dueInMs ?? null);
  });
}

const endings: readonly {
  readonly name: string;
  readonly config: Partial<Config>;
  readonly sinceMs: number;
  readonly status: string;
  readonly dueInMs: number | null;
}[] = [
  { name: "is watched for the monitor", config: {}, sinceMs: 1000, status: "", dueInMs: 4000 },
  {
    name: "is over after the monitor",
    config: {},
    sinceMs: 5000,
    status: "COMPLETED: update completed",
    dueInMs: null,
  },
  {
    name: "is watched a second more than a delay beyond the monitor",
    config: { delayMs: 8000 },
    sinceMs: 8000,
    status: "",
    dueInMs: 1000,
  },
];
for (const { name, config, sinceMs, status, dueInMs } of endings) {
  test(`the last slot ${name}`, () => {
    const outcome = decide(service(config), [fresh("a", 1, "RUNNING", sinceMs)]);
    assert.equal(outcome.status, status);
    assert.equal(outcome.dueInMs, dueInMs);
  });
}

test("an update is not over while its last task has not come to run", () => {
  assert.equal(decide(service(), [fresh("a", 1, "RUNNING", 90_000), fresh("b", 2, "PENDING", 80_000)]).status, "");
});

const dead = (state: "FAILED" | "COMPLETE" | "REJECTED" = "FAILED"): Task =>
  fresh("a", 1, state, 10, { desiredState: "SHUTDOWN" });
const id = testId("a");
const failures: readonly {
  readonly name: string;
  readonly of: Service;
  readonly task: Task;
  readonly ran?: number;
  readonly status: string;
  readonly isRollback?: boolean;
}[] = [
  {
    name: "pauses",
    of: service(),
    task: dead(),
    status: `PAUSED: update paused due to failure or early termination of task ${id}`,
  },
  {
    name: "pauses when the task could not be prepared",
    of: service(),
    task: dead("REJECTED"),
    status: `PAUSED: update paused due to failure or early termination of task ${id}`,
  },
  {
    name: "pauses and says what the task died of",
    of: service(),
    task: { ...dead(), status: { ...dead().status, err: "task: non-zero exit (1)" } },
    status: `PAUSED: update paused due to failure or early termination of task ${id}: task: non-zero exit (1)`,
  },
  {
    name: "pauses even when the task ended well",
    of: service(),
    task: dead("COMPLETE"),
    status: `PAUSED: update paused due to failure or early termination of task ${id}`,
  },
  {
    name: "does not pause when it comes after the monitor",
    of: service(),
    task: dead(),
    ran: NOW_MS - 6000,
    status: "",
  },
  {
    name: "pauses within the monitor",
    of: service(),
    task: dead(),
    ran: NOW_MS - 4000,
    status: `PAUSED: update paused due to failure or early termination of task ${id}`,
  },
  { name: "is accepted up to the ratio", of: service({ maxFailureRatio: 0.5 }), task: dead(), status: "" },
  { name: "is ignored on continue", of: service({ failureAction: "CONTINUE" }), task: dead(), status: "" },
  {
    name: "rolls back",
    of: service({ failureAction: "ROLLBACK" }, { previousSpec: createService("web", { task: oldTask }).spec }),
    task: dead(),
    status: `ROLLBACK_STARTED: update rolled back due to failure or early termination of task ${id}`,
    isRollback: true,
  },
  {
    name: "pauses where there is nothing to roll back to",
    of: service({ failureAction: "ROLLBACK" }),
    task: dead(),
    status: `PAUSED: update paused due to failure or early termination of task ${id}`,
  },
  {
    name: "of a rollback pauses it",
    of: service({ failureAction: "ROLLBACK" }, { updateStatus: { ...UPDATING, state: "ROLLBACK_STARTED" } }),
    task: dead(),
    status: `ROLLBACK_PAUSED: rollback paused due to failure or early termination of task ${id}`,
  },
];
for (const { name, of, task, ran, status, isRollback } of failures) {
  test(`a failure ${name}`, () => {
    const outcome = decide(
      of,
      [task, fresh("a2", 1, "READY", 5), outdated("b", 2)],
      ran === undefined ? {} : { a: ran },
    );
    assert.equal(outcome.status, status);
    assert.equal(outcome.isRollback, isRollback ?? false);
  });
}

const ROLLING_BACK = { ...UPDATING, state: "ROLLBACK_STARTED" } as const;

test("a rollback goes by the rollback's own settings", () => {
  const { update: rollback } = service({ parallelism: 2, order: "START_FIRST", monitorMs: 9000 }).spec;
  const of = service({ parallelism: 1 }, { updateStatus: ROLLING_BACK });
  const goingBack = { ...of, spec: { ...of.spec, rollback } };
  assert.equal(decide(goingBack, threeOld).steps, "new 1 RUNNING, new 2 RUNNING");
  assert.equal(decide({ ...goingBack, updateStatus: UPDATING }, threeOld).steps, "shutdown a + new 1 READY");
  assert.equal(decide(goingBack, [fresh("a", 1, "RUNNING", 8000)]).dueInMs, 1000);
});

test("a failure of a rollback is accepted on continue", () => {
  const { update: rollback } = service({ failureAction: "CONTINUE" }).spec;
  const of = service(null, { updateStatus: ROLLING_BACK });
  assert.equal(decide({ ...of, spec: { ...of.spec, rollback } }, [dead(), outdated("b", 2)]).status, "");
});

test("a rollback to a spec that its tasks have is over at once", () => {
  const of = service(null, { updateStatus: ROLLING_BACK });
  assert.equal(decide(of, [outdated("a", 1, { spec: newTask })]).status, "ROLLBACK_COMPLETED: rollback completed");
});

test("a failure from before the update began does not count", () => {
  const early = fresh("a", 1, "FAILED", NOW_MS - STARTED_MS + 1, { desiredState: "SHUTDOWN" });
  assert.equal(decide(service(), [early, fresh("a2", 1, "RUNNING"), outdated("b", 2)]).status, "");
});

test("a paused update does nothing", () => {
  const paused = service(null, { updateStatus: { ...UPDATING, state: "PAUSED" } });
  assert.equal(decide(paused, threeOld).steps, "");
});

test("a global service leaves tasks on paused nodes as they are", () => {
  const agent = createService("agent", { replicas: "global", task: newTask }, { generation: NEW });
  const tasks = ["n1", "n2"].map((node) =>
    createTask(`t${node}`, agent, { spec: oldTask, generation: OLD, nodeId: testId<NodeId>(node) }),
  );
  const view = viewOf({
    nodes: [createNode("n1", { availability: "PAUSE" }), createNode("n2")],
    services: [agent],
    tasks,
  });
  const { steps } = decideUpdate(view, agent, { nowMs: NOW_MS, runningSince: new Map() });
  assert.deepEqual(steps, [
    [
      { kind: "shutdown", taskId: testId("tn2") },
      { kind: "create", slot: 0, nodeId: testId("n2"), desiredState: "READY" },
    ],
  ]);
});
