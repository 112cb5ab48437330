import { strict as assert } from "node:assert";
import { test } from "node:test";
import { decideMoves } from "../../../../manager/restart/decide-moves.ts";
import type { NodeId } from "../../../../shared/ids.ts";
import type { Service, Task } from "../../../../shared/objects/types.ts";
import {
  createContainerSpec,
  createNode,
  createService,
  createTask,
  createTaskSpec,
  type ServiceSpecParts,
  testId,
} from "../../../support/objects.ts";
import { viewOf } from "../../../support/view.ts";

const EVACUATION = { timeoutMs: 60_000, startedAtMs: 0 };
const NODES = [
  createNode("old", { availability: "PAUSE", evacuation: EVACUATION }),
  createNode("new"),
  createNode("other"),
];
const TO_OTHER = { nodeId: testId<NodeId>("other"), startedAtMs: 0, reason: "" };

type Parts = Partial<Task & { state: Task["status"]["state"]; on: string }>;

const serviceOf = (parts: ServiceSpecParts = {}): Service => createService("web", { replicas: 3, ...parts });
const task = (service: Service, id: string, { on = "old", ...part }: Parts = {}): Task =>
  createTask(id, service, { nodeId: on === "" ? "" : testId<NodeId>(on), slot: 1, ...part });

function decide(service: Service, tasks: readonly Task[]): string {
  return decideMoves(viewOf({ nodes: NODES, services: [service], tasks }), service)
    .map((step) =>
      step
        .map((op) =>
          op.kind === "create"
            ? `new ${op.slot} ${op.desiredState}${onNode(op.nodeId)}`
            : `${op.kind} ${op.taskId.replace(/z+$/, "")}`,
        )
        .join(" + "),
    )
    .join(", ");
}

const onNode = (nodeId: string): string => (nodeId === "" ? "" : ` on ${nodeId.replace(/z+$/, "")}`);

const parallel = (parallelism: number): ServiceSpecParts => ({
  update: {
    parallelism,
    delayMs: 0,
    monitorMs: 0,
    failureAction: "PAUSE",
    maxFailureRatio: 0,
    order: "STOP_FIRST",
    canary: "",
  },
});
const otherSpec = createTaskSpec({ container: createContainerSpec({ image: "older" }) });

const CASES: readonly (readonly [string, ServiceSpecParts, (service: Service) => readonly Task[], string])[] = [
  ["a successor is made before anything stops", {}, (web) => [task(web, "t1")], "new 1 READY"],
  ["a task elsewhere stays", {}, (web) => [task(web, "t1", { on: "new" })], ""],
  [
    "the old one stays while its successor has not come to run",
    {},
    (web) => [task(web, "t1"), task(web, "t2", { on: "new", state: "STARTING" })],
    "",
  ],
  [
    "the old one stops once its successor runs",
    {},
    (web) => [task(web, "t1"), task(web, "t2", { on: "new" })],
    "shutdown t1",
  ],
  [
    "a successor that has failed is no successor",
    {},
    (web) => [task(web, "t1"), task(web, "t2", { on: "new", state: "FAILED", desiredState: "SHUTDOWN" })],
    "new 1 READY",
  ],
  [
    "one slot at a time unless updates may replace more",
    {},
    (web) => [task(web, "t1"), task(web, "t2", { slot: 2 }), task(web, "t3", { slot: 3 })],
    "new 1 READY",
  ],
  [
    "as many slots at once as updates may replace",
    parallel(2),
    (web) => [task(web, "t1"), task(web, "t2", { slot: 2 }), task(web, "t3", { slot: 3 })],
    "new 1 READY, new 2 READY",
  ],
  [
    "a slot under way counts",
    parallel(2),
    (web) => [
      task(web, "t1"),
      task(web, "h1", { on: "", state: "PENDING" }),
      task(web, "t2", { slot: 2 }),
      task(web, "t3", { slot: 3 }),
    ],
    "new 2 READY",
  ],
  [
    "all at once where updates replace all at once",
    parallel(0),
    (web) => [task(web, "t1"), task(web, "t2", { slot: 2 })],
    "new 1 READY, new 2 READY",
  ],
  [
    "what may not be started again is waited for",
    { task: createTaskSpec({ restart: { condition: "NONE", maxAttempts: 0, windowMs: 0 } }) },
    (web) => [task(web, "t1")],
    "",
  ],
  ["a job's task is waited for", { job: { total: 1, max: 1 } }, (web) => [task(web, "t1")], ""],
  ["a global service has nowhere to go", { replicas: "global" }, (web) => [task(web, "t1", { slot: 0 })], ""],
  [
    "what runs an older spec is left to the update",
    {},
    (web) => [task(web, "t1", { spec: otherSpec, generation: web.generation - 1 })],
    "",
  ],
  [
    "of two that are alike, the one that is further stays when the node keeps its tasks after all",
    {},
    (web) => [task(web, "t1", { on: "new" }), task(web, "t2", { on: "new", state: "STARTING" })],
    "shutdown t2",
  ],
  [
    "a task that moves gets its successor on the node it goes to",
    {},
    (web) => [task(web, "t1", { on: "new", move: TO_OTHER })],
    "new 1 READY on other",
  ],
  [
    "a task that moves stops once its successor runs",
    {},
    (web) => [task(web, "t1", { on: "new", move: TO_OTHER }), task(web, "t2", { on: "other" })],
    "shutdown t1",
  ],
  [
    "a successor that failed where it was to go is not made again",
    {},
    (web) => [
      task(web, "t1", { on: "new", move: TO_OTHER }),
      task(web, "t2", { on: "other", state: "FAILED", desiredState: "SHUTDOWN" }),
    ],
    "",
  ],
  [
    "from a node that is being emptied a moving task goes anywhere",
    {},
    (web) => [task(web, "t1", { move: TO_OTHER })],
    "new 1 READY",
  ],
  [
    "a successor that was refused is not followed by another at once",
    {},
    (web) => [task(web, "t1"), task(web, "t2", { on: "new", state: "REJECTED", desiredState: "READY" })],
    "",
  ],
  [
    "a successor whose node is emptied in its turn goes, and does not make the slot three",
    {},
    (web) => [task(web, "t1", { on: "new", move: TO_OTHER }), task(web, "t2", { state: "STARTING" })],
    "shutdown t2, new 1 READY",
  ],
  [
    "nothing goes to a node that takes no tasks any more",
    {},
    (web) => [task(web, "t1", { on: "new", move: { ...TO_OTHER, nodeId: testId("old") } })],
    "",
  ],
  [
    "when a move is called off, the successor stops, even one that came as far as failing",
    {},
    (web) => [
      task(web, "t1", { on: "new" }),
      task(web, "t2", { on: "other", state: "REJECTED", desiredState: "READY" }),
    ],
    "shutdown t2",
  ],
  ["a task that has ended is left to the restart policy", {}, (web) => [task(web, "t1", { state: "FAILED" })], ""],
];
for (const [name, parts, tasksOf, outcome] of CASES) {
  test(name, () => {
    const service = serviceOf(parts);
    assert.equal(decide(service, tasksOf(service)), outcome);
  });
}
