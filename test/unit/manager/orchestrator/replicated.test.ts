import { strict as assert } from "node:assert";
import { test } from "node:test";
import { decideReplicated } from "../../../../manager/orchestrator/replicated.ts";
import type { NodeId } from "../../../../shared/ids.ts";
import type { Service, Task } from "../../../../shared/objects/types.ts";
import type { RestartPolicy } from "../../../../shared/rpc/gen/objects.ts";
import {
  createNode,
  createService,
  createTask,
  createTaskSpec,
  createTaskStatus,
  testId,
} from "../../../support/objects.ts";
import { viewOf } from "../../../support/view.ts";

const NEVER: RestartPolicy = { condition: "NONE", maxAttempts: 0, windowMs: 0 };
const nodes = [createNode("n1"), createNode("n2")];

/** What the decision does, in short: "+2" creates slot 2, "-t1" forgets task t1. */
function decide(service: Service, tasks: readonly Task[]): string {
  const steps = decideReplicated(viewOf({ nodes, services: [service], tasks }), service);
  return steps
    .flat()
    .map((op) => {
      if (op.kind === "create") return `+${op.slot}`;
      return `${op.kind === "forget" ? "-" : op.kind}${op.taskId.replace(/z+$/, "")}`;
    })
    .join(" ");
}

const web = (replicas: number): Service => createService("web", { replicas });
const on = (node: string): NodeId => testId<NodeId>(node);

test("a replicated service gets the lowest free slots it lacks", () => {
  assert.equal(decide(web(3), []), "+1 +2 +3");
  assert.equal(decide(web(3), [createTask("t2", web(3), { slot: 2 })]), "+1 +3");
  assert.equal(decide(web(0), []), "");
});

test("a service that has its slots is left alone", () => {
  const tasks = [1, 2].map((slot) => createTask(`t${slot}`, web(2), { slot, state: "PENDING" }));
  assert.equal(decide(web(2), tasks), "");
});

const scaleDowns: readonly {
  readonly name: string;
  readonly tasks: readonly Partial<Task & { state: Task["status"]["state"] }>[];
  readonly removed: string;
}[] = [
  {
    name: "high numbers first where all is equal",
    tasks: [
      { slot: 1, nodeId: on("n1") },
      { slot: 2, nodeId: on("n2") },
      { slot: 3, nodeId: on("n1") },
    ],
    removed: "-t2",
  },
  {
    name: "those that do not run before those that do",
    tasks: [
      { slot: 1, nodeId: on("n1"), state: "PREPARING" },
      { slot: 2, nodeId: on("n1") },
      { slot: 3, nodeId: on("n2") },
    ],
    removed: "-t0",
  },
  {
    name: "from the node that holds most",
    tasks: [
      { slot: 1, nodeId: on("n2") },
      { slot: 2, nodeId: on("n1") },
      { slot: 3, nodeId: on("n1") },
    ],
    removed: "-t2",
  },
];
for (const { name, tasks, removed } of scaleDowns) {
  test(`scaling down removes ${name}`, () => {
    const service = web(2);
    assert.equal(
      decide(
        service,
        tasks.map((part, at) => createTask(`t${at}`, service, part)),
      ),
      removed,
    );
  });
}

test("a removed slot goes with its history", () => {
  const service = web(1);
  const old = createTask("t0", service, { slot: 2, state: "FAILED", desiredState: "SHUTDOWN" });
  const tasks = [createTask("t1", service, { slot: 1 }), createTask("t2", service, { slot: 2, state: "NEW" }), old];
  assert.equal(decide(service, tasks), "-t0 -t2");
});

test("a slot whose task may not be restarted counts as filled, and is not revived by scaling", () => {
  const service = createService("web", { replicas: 2, task: createTaskSpec({ restart: NEVER }) });
  const dead = createTask("t1", service, { slot: 1, state: "FAILED", desiredState: "SHUTDOWN" });
  assert.equal(decide(service, [dead]), "+2");
});

test("a slot that was left empty although its task may be restarted is filled again", () => {
  const service = web(1);
  const dead = createTask("t1", service, {
    slot: 1,
    desiredState: "SHUTDOWN",
    status: createTaskStatus("SHUTDOWN"),
  });
  assert.equal(decide(service, [dead]), "+1");
});
