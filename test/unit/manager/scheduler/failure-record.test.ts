import { strict as assert } from "node:assert";
import { test } from "node:test";
import { FAILURE_WINDOW_MS, FAILURES_SERIOUS, FailureRecord } from "../../../../manager/scheduler/failure-record.ts";
import type { NodeId } from "../../../../shared/ids.ts";
import type { Task } from "../../../../shared/objects/types.ts";
import type { TaskState } from "../../../../shared/rpc/gen/objects.ts";
import { createService, createTask, createTaskStatus, testId } from "../../../support/objects.ts";

const N1 = testId<NodeId>("n1");
const web = createService("web");
const NOW_MS = 10_000_000;
const NODES = 4;

function ended(state: TaskState, appliedAtMs = NOW_MS, part: Partial<Task> = {}): Task {
  return createTask("t1", web, { nodeId: N1, status: createTaskStatus(state, { appliedAtMs }), ...part });
}

function countAfter(times: number, task: Task): number {
  const record = new FailureRecord();
  const old = { ...task, status: createTaskStatus("RUNNING") };
  for (let at = 0; at < times; at++) record.note({ kind: "task", action: "update", object: task, old });
  return record.serious(task, NOW_MS, NODES).get(N1) ?? 0;
}

const cases: readonly [string, number, Task, number][] = [
  ["a few failures do not matter", FAILURES_SERIOUS - 1, ended("FAILED"), 0],
  ["many failures count", FAILURES_SERIOUS, ended("FAILED"), FAILURES_SERIOUS],
  ["refusals to prepare count too", FAILURES_SERIOUS + 2, ended("REJECTED"), FAILURES_SERIOUS + 2],
  ["good ends do not count", 9, ended("COMPLETE"), 0],
  ["old failures do not count", 9, ended("FAILED", NOW_MS - FAILURE_WINDOW_MS), 0],
];
for (const [name, times, task, count] of cases) test(name, () => assert.equal(countAfter(times, task), count));

test("failures count for their own node, service and spec only", () => {
  const record = new FailureRecord();
  const tasks = [1, 2, 3, 4, 5].map((at) => ({ ...ended("FAILED"), id: testId<Task["id"]>(`t${at}`) }));
  const count = (task: Task, nodeId: NodeId): number => record.serious(task, NOW_MS, NODES).get(nodeId) ?? 0;
  for (const _ of record.fill(tasks)) assert.ok(true);
  assert.equal(count(ended("PENDING"), N1), 5);
  assert.equal(count(ended("PENDING"), testId<NodeId>("n2")), 0);
  assert.equal(count({ ...ended("PENDING"), generation: 9 }, N1), 0);
  assert.equal(count({ ...ended("PENDING"), serviceId: createService("b").id }, N1), 0);
  record.prune(NOW_MS + FAILURE_WINDOW_MS);
  assert.equal(count(ended("PENDING"), N1), 0);
});

test("a global service that fails on few nodes counts against these for others, and one that fails on most does not", () => {
  const agent = createService("agent", { replicas: "global" });
  const fails = (nodes: readonly string[], times = FAILURES_SERIOUS): Task[] =>
    nodes.flatMap((node) =>
      Array.from({ length: times }, (_, at) =>
        createTask(`a${node}x${at}`, agent, {
          slot: 0,
          nodeId: testId<NodeId>(node),
          status: createTaskStatus("FAILED", { appliedAtMs: NOW_MS }),
        }),
      ),
    );
  const seen = (tasks: readonly Task[], task = ended("PENDING")): readonly (readonly [string, number])[] => {
    const record = new FailureRecord();
    for (const _ of record.fill(tasks)) assert.ok(true);
    return [...record.serious(task, NOW_MS, NODES)].map(([id, count]) => [id.replace(/z+$/, ""), count]);
  };
  assert.deepEqual(seen(fails(["n1", "n2"])), [
    ["n1", 1],
    ["n2", 1],
  ]);
  assert.deepEqual(seen(fails(["n1", "n2", "n3"])), [], "the service itself is ill");
  assert.deepEqual(seen(fails(["n1"], FAILURES_SERIOUS - 1)), [], "a few failures do not matter");
});
