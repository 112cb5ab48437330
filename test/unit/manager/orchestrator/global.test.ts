import { strict as assert } from "node:assert";
import { test } from "node:test";
import { decideService } from "../../../../manager/orchestrator/decide-service.ts";
import type { NodeId } from "../../../../shared/ids.ts";
import type { Node, Service, Task } from "../../../../shared/objects/types.ts";
import { ANYWHERE } from "../../../../shared/service-spec/defaults.ts";
import {
  createNode,
  createService,
  createTask,
  createTaskSpec,
  type NodeParts,
  testId,
} from "../../../support/objects.ts";
import { viewOf } from "../../../support/view.ts";

const agent = createService("agent", { replicas: "global" });
const onN1 = (part: Partial<Task & { state: Task["status"]["state"] }> = {}): Task =>
  createTask("t1", agent, { nodeId: testId<NodeId>("n1"), ...part });

function decide(service: Service, nodes: readonly Node[], tasks: readonly Task[] = []): string {
  return decideService(viewOf({ nodes, services: [service], tasks }), service.id)
    .flat()
    .map((op) =>
      op.kind === "create" ? `+${op.nodeId.replace(/z+$/, "")}` : `${op.kind} ${op.taskId.replace(/z+$/, "")}`,
    )
    .join(", ");
}

const cases: readonly {
  readonly name: string;
  readonly node: NodeParts | null;
  readonly task: Task | null;
  readonly outcome: string;
}[] = [
  { name: "a ready node without a task gets one", node: {}, task: null, outcome: "+n1" },
  { name: "a node with a task keeps it", node: {}, task: onN1(), outcome: "" },
  { name: "a paused node gets none", node: { availability: "PAUSE" }, task: null, outcome: "" },
  { name: "a paused node keeps what it has", node: { availability: "PAUSE" }, task: onN1(), outcome: "" },
  { name: "a drained node loses its task", node: { availability: "DRAIN" }, task: onN1(), outcome: "shutdown t1" },
  { name: "a node that is down loses its task", node: { state: "DOWN" }, task: onN1(), outcome: "shutdown t1" },
  { name: "a node that is only silent keeps it", node: { state: "DISCONNECTED" }, task: onN1(), outcome: "" },
  { name: "a node nothing is known of gets none", node: { state: "UNKNOWN" }, task: null, outcome: "" },
  { name: "what belonged to a removed node is forgotten", node: null, task: onN1(), outcome: "forget t1" },
  {
    name: "a node that returns from drain gets a new task",
    node: {},
    task: onN1({ state: "SHUTDOWN", desiredState: "SHUTDOWN" }),
    outcome: "+n1",
  },
];
for (const { name, node, task, outcome } of cases) {
  test(`global service: ${name}`, () => {
    const nodes = node === null ? [] : [createNode("n1", node)];
    assert.equal(decide(agent, nodes, task === null ? [] : [task]), outcome);
  });
}

test("global service: only nodes that meet its constraints have a task, whatever ran there before", () => {
  const placement = { ...ANYWHERE, constraints: ["node.labels.disk==ssd"] };
  const service = createService("agent", { replicas: "global", task: createTaskSpec({ placement }) });
  const nodes = [createNode("n1"), createNode("n2", { labels: { disk: "ssd" } })];
  assert.equal(decide(service, nodes, [onN1()]), "shutdown t1, +n2");
});

test("tasks of a service that was removed are forgotten, once", () => {
  const tasks = [onN1(), createTask("t2", agent, { desiredState: "REMOVE" })];
  const steps = decideService(viewOf({ tasks }), agent.id);
  assert.deepEqual(steps, [[{ kind: "forget", taskId: testId("t1") }]]);
});
