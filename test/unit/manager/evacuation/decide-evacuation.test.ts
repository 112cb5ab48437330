import { strict as assert } from "node:assert";
import { test } from "node:test";
import { decideEvacuation } from "../../../../manager/evacuation/decide-evacuation.ts";
import type { NodeId } from "../../../../shared/ids.ts";
import type { Node, Task } from "../../../../shared/objects/types.ts";
import { createNode, createService, createTask, testId } from "../../../support/objects.ts";
import { viewOf } from "../../../support/view.ts";

const web = createService("web");
const agent = createService("agent", { replicas: "global" });
const EMPTIED = createNode("n1", {
  availability: "PAUSE",
  evacuation: { timeoutMs: 60_000, startedAtMs: 1_000 },
});
const onIt = (part: Partial<Task & { state: Task["status"]["state"] }> = {}, service = web): Task =>
  createTask("t1", service, { nodeId: testId<NodeId>("n1"), ...part });

function decide(tasks: readonly Task[], nowMs: number, node: Node = EMPTIED): string {
  const { spec, dueInMs } = decideEvacuation(viewOf({ nodes: [node], services: [web, agent], tasks }), node, nowMs);
  if (spec !== null) assert.equal(spec.evacuation, null);
  return spec === null ? `again in ${dueInMs}` : spec.availability;
}

const CASES: readonly (readonly [string, readonly Task[], number, string])[] = [
  ["a task that is wanted to run holds it up until the deadline", [onIt()], 11_000, "again in 50000"],
  ["at the deadline it is drained whatever is left", [onIt()], 61_000, "DRAIN"],
  ["a clock that is behind gives no more than the time asked for", [onIt()], 0, "again in 60000"],
  ["an empty node is drained", [], 11_000, "DRAIN"],
  ["a task that stops does not hold it up", [onIt({ desiredState: "SHUTDOWN" })], 11_000, "DRAIN"],
  ["a task that is over does not hold it up", [onIt({ state: "COMPLETE" })], 11_000, "DRAIN"],
  ["a task of a global service does not hold it up", [onIt({ slot: 0 }, agent)], 11_000, "DRAIN"],
];
for (const [name, tasks, nowMs, outcome] of CASES) test(name, () => assert.equal(decide(tasks, nowMs), outcome));

test("a node that is only paused is left alone", () => {
  assert.equal(decide([], 11_000, createNode("n1", { availability: "PAUSE" })), "again in null");
});
