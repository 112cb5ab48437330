import assert from "node:assert/strict";
import { test } from "node:test";
import type { NodeId } from "../../../../shared/ids.ts";
import type { Node, Service, Task } from "../../../../shared/objects/types.ts";
import {
  createNode,
  createResources,
  createService,
  createTask,
  createTaskSpec,
  testId,
} from "../../../support/objects.ts";
import { scheduleOnce } from "../../../support/schedule.ts";
import { viewOf } from "../../../support/view.ts";

const GIB = 1024 ** 3;
const memory = (memoryBytes: number) => createResources({ memoryBytes });

/** Three nodes, three tasks of `web` that find room, one of `big` that does not. */
test("the worked example of docs/scheduler.md is what happens", () => {
  const [a, b] = [createNode("a", { resources: memory(4 * GIB) }), createNode("b", { resources: memory(2 * GIB) })];
  const c = createNode("c", { resources: memory(8 * GIB), availability: "DRAIN" });
  const web = createService("web", { task: createTaskSpec({ reservations: memory(GIB / 2) }) });
  const other = createService("other", { task: createTaskSpec() });
  const big = createService("big", { task: createTaskSpec({ reservations: memory(4 * GIB) }) });
  const running = (service: Service, node: Node, slot: number): Task =>
    createTask(`r${slot}`, service, { nodeId: node.id, state: "RUNNING", slot });
  const pending = (service: Service, slot: number): Task => createTask(`p${slot}`, service, { state: "PENDING", slot });
  const tasks = [
    ...[running(web, a, 11), running(other, a, 12), running(other, b, 13), running(other, b, 14)],
    ...[pending(web, 1), pending(web, 2), pending(web, 3), pending(big, 4)],
  ];

  const plan = scheduleOnce(viewOf({ nodes: [a, b, c], tasks }));

  const places = plan.assigned.map(({ taskId, nodeId }) => [taskId, nodeId]);
  assert.deepEqual(places, [
    [testId("p1"), testId<NodeId>("b")],
    [testId("p2"), testId<NodeId>("a")],
    [testId("p3"), testId<NodeId>("b")],
  ]);
  assert.deepEqual(plan.blocked, [
    {
      taskId: testId("p4"),
      err: "no suitable node (insufficient resources on 2 nodes: 4GiB of memory wanted; 1 node not available for new tasks)",
    },
  ]);

  const active = createNode("c", { resources: memory(8 * GIB) });
  const then = scheduleOnce(viewOf({ nodes: [a, b, active], tasks: tasks.slice(0, 4).concat(pending(big, 4)) }));
  assert.deepEqual(then.assigned, [{ taskId: testId("p4"), nodeId: active.id, resources: [] }]);
});
