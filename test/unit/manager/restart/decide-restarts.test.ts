import { strict as assert } from "node:assert";
import { test } from "node:test";
import { decideRestarts } from "../../../../manager/restart/decide-restarts.ts";
import type { NodeId } from "../../../../shared/ids.ts";
import type { Node, Service, Task } from "../../../../shared/objects/types.ts";
import type { LossPolicy, RestartPolicy } from "../../../../shared/rpc/gen/objects.ts";
import { ANYWHERE } from "../../../../shared/service-spec/defaults.ts";
import {
  createNode,
  createResources,
  createService,
  createTask,
  createTaskSpec,
  createTaskStatus,
  type NodeParts,
  testId,
} from "../../../support/objects.ts";
import { viewOf } from "../../../support/view.ts";

type Parts = Partial<Task & { state: Task["status"]["state"] }>;

function decide(service: Service, tasks: readonly Task[], nodes: readonly Node[] = [createNode("n1")]): string {
  return decideRestarts(viewOf({ nodes, services: [service], tasks }), service)
    .map((step) =>
      step
        .map((op) =>
          op.kind === "create"
            ? `new ${op.slot || op.nodeId.replace(/z+$/, "")} ${op.desiredState}`
            : `${op.kind} ${op.taskId.replace(/z+$/, "")}`,
        )
        .join(" + "),
    )
    .join(", ");
}

const withPolicy = (restart: RestartPolicy | null, rest: Parameters<typeof createService>[1] = {}): Service =>
  createService("web", { ...rest, task: createTaskSpec({ restart }) });
const policy = (part: Partial<RestartPolicy>): RestartPolicy => ({
  condition: "ANY",
  maxAttempts: 0,
  windowMs: 0,
  ...part,
});
const task = (service: Service, id: string, part: Parts = {}): Task =>
  createTask(id, service, { nodeId: testId<NodeId>("n1"), ...part });

const REPLACED = "shutdown t1 + new 1 READY";
const GIVEN_UP = "shutdown t1";
const conditions: readonly [RestartPolicy | null, Task["status"]["state"], string][] = [
  [null, "FAILED", REPLACED],
  [null, "COMPLETE", REPLACED],
  [null, "REJECTED", REPLACED],
  [null, "RUNNING", ""],
  [policy({ condition: "ON_FAILURE" }), "COMPLETE", GIVEN_UP],
  [policy({ condition: "ON_FAILURE" }), "FAILED", REPLACED],
  [policy({ condition: "ON_FAILURE" }), "REJECTED", REPLACED],
  [policy({ condition: "NONE" }), "FAILED", GIVEN_UP],
  [policy({ condition: "NONE" }), "COMPLETE", GIVEN_UP],
];
for (const [restart, state, outcome] of conditions) {
  test(`condition ${restart?.condition ?? "unset"}, task ${state}: ${outcome || "nothing"}`, () => {
    const service = withPolicy(restart);
    assert.equal(decide(service, [task(service, "t1", { state })]), outcome);
  });
}

const nodeEvents: readonly { readonly name: string; readonly node: NodeParts | null; readonly outcome: string }[] = [
  { name: "down: the successor starts at once", node: { state: "DOWN" }, outcome: "shutdown t1 + new 1 RUNNING" },
  { name: "removed: the successor starts at once", node: null, outcome: "shutdown t1 + new 1 RUNNING" },
  { name: "drained: the successor waits for the old one", node: { availability: "DRAIN" }, outcome: REPLACED },
  { name: "paused: nothing moves", node: { availability: "PAUSE" }, outcome: "" },
  { name: "silent: nothing moves", node: { state: "DISCONNECTED" }, outcome: "" },
  { name: "not heard of yet: nothing moves", node: { state: "UNKNOWN" }, outcome: "" },
];
for (const { name, node, outcome } of nodeEvents) {
  test(`node ${name}`, () => {
    const service = withPolicy(null);
    assert.equal(decide(service, [task(service, "t1")], node === null ? [] : [createNode("n1", node)]), outcome);
  });
}

test("a task that was refused while its start is delayed is replaced only after the delay", () => {
  const service = withPolicy(null);
  assert.equal(decide(service, [task(service, "t1", { state: "REJECTED", desiredState: "READY" })]), "");
  assert.equal(decide(service, [task(service, "t1", { state: "REJECTED" })]), REPLACED);
});

test("a task that is not wanted to run any more is not replaced", () => {
  const service = withPolicy(null);
  assert.equal(decide(service, [task(service, "t1", { state: "FAILED", desiredState: "SHUTDOWN" })]), "");
});

const ended = (service: Service, id: string, atMs: number, part: Parts = {}): Task =>
  task(service, id, {
    status: createTaskStatus("FAILED", { appliedAtMs: atMs }),
    desiredState: "SHUTDOWN",
    meta: { version: 1, createdAtMs: atMs - 10, updatedAtMs: atMs },
    ...part,
  });
const attempts: readonly {
  readonly name: string;
  readonly restart: RestartPolicy;
  readonly before: Parts[];
  readonly outcome: string;
}[] = [
  { name: "the first failure of two allowed", restart: policy({ maxAttempts: 2 }), before: [], outcome: REPLACED },
  { name: "one replacement made, one left", restart: policy({ maxAttempts: 2 }), before: [{}], outcome: REPLACED },
  {
    name: "two replacements made, none left",
    restart: policy({ maxAttempts: 2 }),
    before: [{}, {}],
    outcome: GIVEN_UP,
  },
  {
    name: "failures of an older spec do not count",
    restart: policy({ maxAttempts: 1 }),
    before: [{ generation: 7 }],
    outcome: REPLACED,
  },
  {
    name: "tasks that were stopped do not count",
    restart: policy({ maxAttempts: 1 }),
    before: [{ status: createTaskStatus("SHUTDOWN", { appliedAtMs: 500 }) }],
    outcome: REPLACED,
  },
  {
    name: "failures before the window do not count",
    restart: policy({ maxAttempts: 1, windowMs: 1000 }),
    before: [{}],
    outcome: REPLACED,
  },
  {
    name: "failures within the window count",
    restart: policy({ maxAttempts: 1, windowMs: 100_000 }),
    before: [{}],
    outcome: GIVEN_UP,
  },
];
for (const { name, restart, before, outcome } of attempts) {
  test(`attempts: ${name}`, () => {
    const service = withPolicy(restart);
    const history = before.map((part, at) => ended(service, `h${at}`, 1000 + at, part));
    const last = ended(service, "t1", 50_000, { desiredState: "RUNNING" });
    assert.equal(decide(service, [...history, last]), outcome);
  });
}

test("a slot with a healthy task of the present spec gets no second one when the old task fails (start-first)", () => {
  const service = createService("web", {}, { generation: 5 });
  const old = createTask("t1", createService("web", { task: createTaskSpec({ forceUpdate: 9 }) }), {
    nodeId: testId<NodeId>("n1"),
    state: "FAILED",
    generation: 1,
  });
  assert.equal(decide(service, [old, task(service, "t2", { state: "STARTING" })]), "shutdown t1");
});

test("a new task that fails while the old one still runs is replaced (start-first)", () => {
  const service = createService("web", {}, { generation: 5 });
  const old = createTask("t0", createService("web", { task: createTaskSpec({ forceUpdate: 9 }) }), {
    nodeId: testId<NodeId>("n1"),
    generation: 1,
  });
  assert.equal(decide(service, [old, task(service, "t1", { state: "FAILED" })]), REPLACED);
});

test("a task whose node stopped meeting the constraints moves", () => {
  const placement = { ...ANYWHERE, constraints: ["node.labels.disk==ssd"] };
  const service = createService("web", { task: createTaskSpec({ placement }) });
  assert.equal(decide(service, [task(service, "t1")], [createNode("n1", { labels: { disk: "ssd" } })]), "");
  assert.equal(decide(service, [task(service, "t1")], [createNode("n1")]), REPLACED);
  assert.equal(decide(service, [task(service, "t1")], [createNode("n1", { availability: "PAUSE" })]), "");
});

test("a node that shrank gives up its youngest reservations", () => {
  const reservations = createResources({ memoryBytes: 3 });
  const service = createService("web", { replicas: 2, task: createTaskSpec({ reservations }) });
  const at = (createdAtMs: number): Parts => ({ slot: createdAtMs, meta: { version: 1, createdAtMs, updatedAtMs: 0 } });
  const node = createNode("n1", { resources: createResources({ memoryBytes: 5 }) });
  assert.equal(
    decide(service, [task(service, "t1", at(2)), task(service, "t2", at(1))], [node]),
    "shutdown t1 + new 2 READY",
  );
});

test("a task moves when a generic resource it was given is gone, by number or by name", () => {
  const gpus = (...names: string[]) => ({ kind: "gpu", value: names.length, names });
  const reservations = createResources({ generic: [{ kind: "gpu", value: 1, names: [] }] });
  const service = createService("web", { task: createTaskSpec({ reservations }) });
  const nodesWith = (...generic: ReturnType<typeof gpus>[]) => [
    createNode("n1", { resources: createResources({ generic }) }),
  ];
  const running = task(service, "t1", { genericResources: [gpus("g1")] });
  assert.equal(decide(service, [running], nodesWith(gpus("g1", "g2"))), "");
  assert.equal(decide(service, [running], nodesWith(gpus("g2"))), REPLACED);
  assert.equal(decide(service, [running], nodesWith()), REPLACED);
  const counted = task(service, "t1", { genericResources: [{ kind: "gpu", value: 1, names: [] }] });
  assert.equal(decide(service, [counted], nodesWith({ kind: "gpu", value: 1, names: [] })), "");
  assert.equal(decide(service, [counted], nodesWith()), REPLACED);
});

test("a global task that fails is replaced on its node, unless the node is paused", () => {
  const service = createService("agent", { replicas: "global" });
  const dead = task(service, "t1", { state: "FAILED" });
  assert.equal(decide(service, [dead]), "shutdown t1 + new n1 READY");
  assert.equal(decide(service, [dead], [createNode("n1", { availability: "PAUSE" })]), "shutdown t1");
  assert.equal(decide(service, [task(service, "t1")], [createNode("n1", { availability: "DRAIN" })]), "");
});

const withLoss = (loss: Partial<LossPolicy>): Service =>
  createService("web", {
    task: createTaskSpec({ loss: { lostAfterMs: 0, stopAfterMs: 0, onReturn: "KEEP_NEW", ...loss } }),
  });

test("a task with a time of its own is replaced when that is over, however its node is judged", () => {
  const service = withLoss({ lostAfterMs: 60_000 });
  for (const state of ["DOWN", "DISCONNECTED"] as const) {
    const nodes = [createNode("n1", { state })];
    assert.equal(decide(service, [task(service, "t1")], nodes), "");
    assert.equal(decide(service, [task(service, "t1", { lostAtMs: 5 })], nodes), "shutdown t1 + new 1 RUNNING");
  }
});

test("of a service that keeps originals, a lost task stays wanted and gets one stand-in", () => {
  const service = withLoss({ onReturn: "KEEP_ORIGINAL" });
  const nodes = [createNode("n1", { state: "DOWN" }), createNode("n2")];
  const lost = task(service, "t1");
  assert.equal(decide(service, [lost], nodes), "new 1 RUNNING");
  const stand = task(service, "t2", { nodeId: testId<NodeId>("n2"), state: "STARTING" });
  assert.equal(decide(service, [lost, stand], nodes), "");
  const failed = task(service, "t2", { nodeId: testId<NodeId>("n2"), state: "FAILED" });
  assert.equal(decide(service, [lost, failed], nodes), "shutdown t2 + new 1 READY");
});

test("a lost task that did not run yet, or runs an older spec, is not worth keeping", () => {
  const service = withLoss({ onReturn: "KEEP_ORIGINAL" });
  const nodes = [createNode("n1", { state: "DOWN" })];
  const outdated = { generation: 0, spec: createTaskSpec() };
  for (const part of [{ state: "PREPARING" }, outdated] as const) {
    assert.equal(decide(service, [task(service, "t1", part)], nodes), "shutdown t1 + new 1 RUNNING");
  }
});

test("of two lost tasks of a slot only the older one is kept", () => {
  const service = withLoss({ onReturn: "KEEP_ORIGINAL" });
  const nodes = [createNode("n1", { state: "DOWN" })];
  assert.equal(decide(service, [task(service, "t1"), task(service, "t2")], nodes), "shutdown t2 + new 1 RUNNING");
});
