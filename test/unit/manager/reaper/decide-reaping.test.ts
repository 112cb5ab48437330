import { strict as assert } from "node:assert";
import { test } from "node:test";
import { decideReaping } from "../../../../manager/reaper/decide-reaping.ts";
import type { NodeId } from "../../../../shared/ids.ts";
import type { Service, Task } from "../../../../shared/objects/types.ts";
import type { TaskState } from "../../../../shared/rpc/gen/objects.ts";
import {
  createCluster,
  createClusterSpec,
  createJobStatus,
  createNode,
  createService,
  createTask,
  createTaskSpec,
  createTaskStatus,
  testId,
} from "../../../support/objects.ts";
import { viewOf } from "../../../support/view.ts";

const N1 = testId<NodeId>("n1");
const web = createService("web");
type Parts = Partial<Task & { state: TaskState }>;
const task = (id: string, part: Parts = {}): Task => createTask(id, web, { nodeId: N1, ...part });

function reap(
  tasks: readonly Task[],
  options: { readonly service?: Service | null; readonly limit?: number } = {},
): string {
  const { service = web, limit = 5 } = options;
  const view = viewOf({
    nodes: [createNode("n1")],
    services: service === null ? [] : [service],
    tasks,
    cluster: createCluster({ spec: createClusterSpec({ taskHistoryRetentionLimit: limit }) }),
  });
  return decideReaping(view, web.id)
    .map((id) => id.replace(/z+$/, ""))
    .join(" ");
}

const states: readonly [string, Parts, string][] = [
  [
    "a task to be forgotten that never got to a worker is deleted",
    { state: "PENDING", desiredState: "REMOVE", nodeId: "" },
    "t",
  ],
  ["a global one that was not confirmed is deleted too", { state: "PENDING", desiredState: "REMOVE" }, "t"],
  ["one that still runs is kept until it has stopped", { state: "RUNNING", desiredState: "REMOVE" }, ""],
  ["one that was assigned is kept: its worker must be told to stop", { state: "ASSIGNED", desiredState: "REMOVE" }, ""],
  ["one that has stopped is deleted", { state: "SHUTDOWN", desiredState: "REMOVE" }, "t"],
  ["one that failed is deleted", { state: "FAILED", desiredState: "REMOVE" }, "t"],
  ["one that was orphaned is deleted", { state: "ORPHANED", desiredState: "REMOVE" }, "t"],
  ["one whose node is no more is deleted", { state: "RUNNING", desiredState: "REMOVE", nodeId: testId("gone") }, "t"],
  ["a task of the history is kept", { state: "FAILED", desiredState: "SHUTDOWN" }, ""],
  ["a task that runs is kept", {}, ""],
];
for (const [name, part, outcome] of states) test(name, () => assert.equal(reap([task("t", part)]), outcome));

const dead = (count: number, part: Parts = {}): Task[] =>
  Array.from({ length: count }, (_, at) =>
    task(`d${at}`, {
      status: createTaskStatus("FAILED", { appliedAtMs: 100 + at }),
      desiredState: "SHUTDOWN",
      ...part,
    }),
  );

const limits: readonly [string, readonly Task[], number, string][] = [
  ["history with the live task up to the limit is kept", [...dead(4), task("live")], 5, ""],
  ["the oldest beyond the limit go", [...dead(6), task("live")], 5, "d0 d1"],
  ["a negative limit keeps all", [...dead(9), task("live")], -1, ""],
  ["a limit of 0 keeps only the live task", [...dead(2), task("live")], 0, "d0 d1"],
  ["the last task of a slot without a live one stays whatever the limit", dead(3), 0, "d0 d1"],
  [
    "each slot has its own history",
    [...dead(4), ...dead(4, { slot: 2 }).map((each, at) => ({ ...each, id: testId<Task["id"]>(`e${at}`) }))],
    5,
    "",
  ],
];
for (const [name, tasks, limit, outcome] of limits) test(name, () => assert.equal(reap(tasks, { limit }), outcome));

test("what has not stopped yet is never trimmed", () => {
  const stopping = task("old", { desiredState: "SHUTDOWN", status: createTaskStatus("RUNNING") });
  assert.equal(reap([stopping, ...dead(5), task("live")]), "d0 d1");
});

test("counting restart attempts needs one task more than attempts", () => {
  const restart = { condition: "ANY", maxAttempts: 8, windowMs: 0 } as const;
  const service = createService("web", { task: createTaskSpec({ restart }) });
  assert.equal(reap([...dead(8), task("live")], { service }), "");
});

test("of a removed service everything that is over goes", () => {
  const tasks = [
    ...dead(2),
    task("o", { state: "ORPHANED", desiredState: "SHUTDOWN" }),
    task("r", { desiredState: "REMOVE" }),
  ];
  assert.equal(reap(tasks, { service: null }), "d0 d1 o");
});

const job = (iteration: number): Service =>
  createService("web", { job: { total: 2, max: 1 } }, { jobStatus: createJobStatus({ iteration }) });
const done = (id: string, jobIteration: number, part: Parts = {}): Task =>
  createTask(id, job(0), { nodeId: N1, state: "COMPLETE", jobIteration, ...part });

test("a job keeps all that it has done in its present run, whatever the limit", () => {
  const tasks = [...dead(3, { jobIteration: 0 }), done("c", 0), done("e", 0, { slot: 2 })];
  assert.equal(reap(tasks, { service: job(0), limit: 0 }), "d0 d1");
});

test("of a job, as many runs are kept as tasks of a slot, and none that may still run is deleted", () => {
  const tasks = [0, 1, 2, 3].map((run) => done(`r${run}`, run));
  assert.equal(reap(tasks, { service: job(3), limit: 3 }), "r0");
  assert.equal(reap(tasks, { service: job(3), limit: 1 }), "r0 r1 r2");
  assert.equal(reap(tasks, { service: job(3), limit: -1 }), "");
  const busy = done("b", 0, { state: "RUNNING", desiredState: "SHUTDOWN" });
  assert.equal(reap([busy, ...tasks], { service: job(3), limit: 1 }), "r0 r1 r2");
});
