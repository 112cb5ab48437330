import { strict as assert } from "node:assert";
import { test } from "node:test";
import { applySchedule } from "../../../../manager/scheduler/apply-schedule.ts";
import type { NodeId, TaskId } from "../../../../shared/ids.ts";
import type { Node, Task } from "../../../../shared/objects/types.ts";
import { createMemoryStore } from "../../../support/memory-store.ts";
import { createNode, createService, createTask, type NodeParts, testId } from "../../../support/objects.ts";

const N1 = testId<NodeId>("n1");
const GPU = [{ kind: "gpu", value: 1, names: ["g7"] }];
const T1 = testId<TaskId>("t1");
type Parts = Partial<Task & { state: Task["status"]["state"] }>;

async function apply(node: NodeParts | null, part: Parts | null): Promise<{ refused: number; task: Task | undefined }> {
  using store = createMemoryStore();
  const nodes: Node[] = node === null ? [] : [createNode("n1", node)];
  await store.update("objects", (tx) => {
    for (const each of nodes) tx.create("node", each);
    if (part !== null) tx.create("task", createTask("t1", createService("web"), { state: "PENDING", ...part }));
  });
  const refused = await store.update("schedule", (tx) =>
    applySchedule(tx, [{ taskId: T1, nodeId: N1, resources: GPU }], 42, []),
  );
  return { refused: refused.length, task: store.view().get("task", T1) };
}

test("an accepted placement assigns the task and clears what it complained of", async () => {
  const waiting = { ...createTask("t1", createService("web"), { state: "PENDING" }).status, err: "no suitable node" };
  const { refused, task } = await apply({}, { status: waiting });
  assert.equal(refused, 0);
  assert.equal(task?.nodeId, N1);
  assert.deepEqual(task.genericResources, GPU);
  assert.deepEqual(
    { ...task?.status, container: null, hostPorts: [] },
    {
      ...waiting,
      state: "ASSIGNED",
      message: "scheduler assigned task to node",
      err: "",
      timestampMs: 42,
      appliedAtMs: 42,
    },
  );
});

test("a preassigned task is confirmed in its own words", async () => {
  const { task } = await apply({}, { nodeId: N1 });
  assert.equal(task?.status.message, "scheduler confirmed task can run on preassigned node");
});

const refused: readonly [string, NodeParts | null, Parts | null][] = [
  ["the task is gone", {}, null],
  ["the task is not to run any more", {}, { desiredState: "REMOVE" }],
  ["the task has a node already", {}, { state: "ASSIGNED", nodeId: N1 }],
  ["the task is bound to another node", {}, { nodeId: testId<NodeId>("n2") }],
  ["the node is gone", null, {}],
  ["the node was drained meanwhile", { availability: "DRAIN" }, {}],
  ["the node went down meanwhile", { state: "DOWN" }, {}],
];
for (const [why, node, task] of refused) {
  test(`a placement is refused when ${why}`, async () => {
    const outcome = await apply(node, task);
    assert.equal(outcome.refused, 1);
    assert.deepEqual(outcome.task?.status.state, task === null ? undefined : (task.state ?? "PENDING"));
  });
}

test("a reason that is already known is not written again", async () => {
  using store = createMemoryStore();
  await store.update("objects", (tx) =>
    tx.create("task", createTask("t1", createService("web"), { state: "PENDING" })),
  );
  for (const _ of [1, 2]) {
    await store.update("schedule", (tx) => applySchedule(tx, [{ taskId: T1, err: "no suitable node" }], 42, []));
  }
  assert.equal(store.view().get("task", T1)?.status.err, "no suitable node");
  assert.equal(store.view().version, 2);
});
