import { strict as assert } from "node:assert";
import { test } from "node:test";
import { decideReturns, RETURN_SETTLE_MS } from "../../../../manager/restart/decide-returns.ts";
import type { NodeId } from "../../../../shared/ids.ts";
import type { Service, Task } from "../../../../shared/objects/types.ts";
import type { NodeStatus, TaskState } from "../../../../shared/rpc/gen/objects.ts";
import { createNode, createService, createTask, createTaskSpec, testId } from "../../../support/objects.ts";
import { viewOf } from "../../../support/view.ts";

const NOW_MS = 100_000;
const keeping = createService("web", {
  task: createTaskSpec({ loss: { lostAfterMs: 0, stopAfterMs: 0, onReturn: "KEEP_ORIGINAL" } }),
});

function task(service: Service, id: string, node: string, createdAtMs: number, state: TaskState = "RUNNING"): Task {
  const meta = { version: 1, createdAtMs, updatedAtMs: createdAtMs };
  return createTask(id, service, { nodeId: testId<NodeId>(node), meta, state });
}

function decide(service: Service, tasks: readonly Task[], home: Partial<NodeStatus> = {}): string {
  const node = createNode("n1");
  const nodes = [{ ...node, status: { ...node.status, ...home } }, createNode("n2")];
  const { steps, dueInMs } = decideReturns(viewOf({ nodes, services: [service], tasks }), service, NOW_MS);
  const done = steps.flat().map((op) => (op.kind === "shutdown" ? `end ${op.taskId.replace(/z+$/, "")}` : op.kind));
  return [...done, ...(dueInMs === null ? [] : [`in ${dueInMs}`])].join(", ");
}

const pair = (service: Service): readonly Task[] => [task(service, "old", "n1", 1), task(service, "new", "n2", 2)];

test("the stand-in ends once the host has been back for a while", () => {
  assert.equal(decide(keeping, pair(keeping), { sinceMs: NOW_MS - RETURN_SETTLE_MS }), "end new");
  assert.equal(decide(keeping, pair(keeping), { sinceMs: NOW_MS - 1_000 }), `in ${RETURN_SETTLE_MS - 1_000}`);
});

test("a clock that was ahead when the host came back does not lengthen the wait", () => {
  assert.equal(decide(keeping, pair(keeping), { sinceMs: NOW_MS + 60_000 }), `in ${RETURN_SETTLE_MS}`);
});

test("nothing ends while the original's host is lost, or is not heard again", () => {
  assert.equal(decide(keeping, pair(keeping), { state: "DOWN" }), "");
  assert.equal(decide(keeping, pair(keeping), { state: "DISCONNECTED", silentSinceMs: 1 }), "");
});

test("an original that has ended meanwhile takes nothing with it", () => {
  const [, stand] = pair(keeping);
  assert.equal(decide(keeping, [task(keeping, "old", "n1", 1, "FAILED"), stand as Task]), "");
});

test("of a service that keeps new tasks nothing is decided here", () => {
  const other = createService("web");
  assert.equal(decide(other, pair(other)), "");
});
