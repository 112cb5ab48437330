import assert from "node:assert/strict";
import { test } from "node:test";
import { mergeStatus } from "../../../../manager/dispatcher/status-merge.ts";
import type { NodeId } from "../../../../shared/ids.ts";
import type { TaskState, TaskStatus } from "../../../../shared/rpc/gen/objects.ts";
import { createService, createTask, createTaskStatus, testId } from "../../../support/objects.ts";

const n1 = testId<NodeId>("n1");
const task = createTask("t1", createService("web"), { nodeId: n1, state: "STARTING" });

const cases: readonly (readonly [string, Parameters<typeof mergeStatus>, string])[] = [
  ["a later state is stored", [task, n1, createTaskStatus("RUNNING"), 7], "changed"],
  [
    "an equal state with new details is stored",
    [task, n1, createTaskStatus("STARTING", { message: "x" }), 7],
    "changed",
  ],
  ["an equal status is not written again", [task, n1, createTaskStatus("STARTING"), 7], "known"],
  ["an earlier state is dropped", [task, n1, createTaskStatus("PREPARING"), 7], "goesBack"],
  ["a report of another node is dropped", [task, testId("n2"), createTaskStatus("RUNNING"), 7], "otherNode"],
  ["a report of an unknown task is dropped", [undefined, n1, createTaskStatus("RUNNING"), 7], "unknownTask"],
  ["a report without a status is dropped", [task, n1, null, 7], "notTheWorkers"],
];
for (const [claim, input, expected] of cases) {
  test(claim, () => {
    const result = mergeStatus(...input);
    assert.equal(result.kind === "changed" ? "changed" : result.reason, expected);
  });
}

for (const state of ["NEW", "PENDING", "ASSIGNED", "REMOVE", "ORPHANED"] satisfies TaskState[]) {
  test(`a worker cannot make a task ${state}`, () => {
    const fresh = createTask("t1", createService("web"), { nodeId: n1, state: "NEW" });
    assert.deepEqual(mergeStatus(fresh, n1, createTaskStatus(state), 7), { kind: "ignored", reason: "notTheWorkers" });
  });
}

test("what is stored is what the worker said, with the leader's instant", () => {
  const reported: TaskStatus = createTaskStatus("FAILED", { err: "task: non-zero exit (3)", timestampMs: 5 });
  const result = mergeStatus(task, n1, reported, 7);
  assert.ok(result.kind === "changed");
  assert.deepEqual(result.task.status, { ...reported, appliedAtMs: 7 });
});
