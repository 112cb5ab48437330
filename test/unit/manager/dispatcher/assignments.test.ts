import assert from "node:assert/strict";
import { test } from "node:test";
import {
  CONTENT_BYTES_MAX,
  diffAssignments,
  fullAssignments,
  inParts,
} from "../../../../manager/dispatcher/assignment-diff.ts";
import { addConcerned, type Concerned } from "../../../../manager/dispatcher/assignment-source.ts";
import { ClusterViews, GOSSIP_ADDRESSES_MAX } from "../../../../manager/dispatcher/cluster-view.ts";
import { StatusIntake } from "../../../../manager/dispatcher/status-intake.ts";
import { endpointState } from "../../../../manager/dispatcher/table-lines.ts";
import { type AssignmentSet, EMPTY_SET, wantedAssignments } from "../../../../manager/dispatcher/wanted-assignments.ts";
import type { ReadView, Store } from "../../../../manager/store/store-types.ts";
import type { Trouble } from "../../../../manager/trouble.ts";
import type { NodeId } from "../../../../shared/ids.ts";
import { silentLogger } from "../../../../shared/log.ts";
import type { Node, Service, Task } from "../../../../shared/objects/types.ts";
import { systemClock } from "../../../../shared/ports/system-clock.ts";
import type { TaskState } from "../../../../shared/rpc/gen/objects.ts";
import { createMemoryStore, type MemoryStore } from "../../../support/memory-store.ts";
import {
  createCluster,
  createConfig,
  createContainerSpec,
  createLogin,
  createNetwork,
  createNode,
  createSecret,
  createService,
  createTask,
  createTaskSpec,
  createTaskStatus,
  testId,
} from "../../../support/objects.ts";
import { type IsIll, poisonedStore } from "../../../support/poisoned-store.ts";
import { viewOf as viewByHand } from "../../../support/view.ts";

const ingress = createNetwork("ingress");
const service = createService("web");
const n1 = testId<NodeId>("n1");

async function storeOf(objects: {
  readonly nodes?: readonly Node[];
  readonly services?: readonly Service[];
  readonly tasks?: readonly Task[];
  readonly network?: typeof ingress;
}): Promise<MemoryStore> {
  const store = createMemoryStore();
  await store.update("begin", (tx) => {
    tx.create("cluster", createCluster());
    tx.create("network", objects.network ?? ingress);
    for (const node of objects.nodes ?? []) tx.create("node", node);
    for (const one of objects.services ?? []) tx.create("service", one);
    for (const task of objects.tasks ?? []) tx.create("task", task);
  });
  return store;
}

const wantedBy = (view: ReadView, nodeId: NodeId): AssignmentSet => wantedAssignments(view, nodeId, (task) => task);
const viewOf = async (objects: Parameters<typeof storeOf>[0]): Promise<ReadView> => (await storeOf(objects)).view();

const idsOf = (wanted: AssignmentSet, item: string): readonly string[] =>
  [...wanted].filter(([, each]) => each.item === item).map(([id]) => id);

const onIngress = (address: string) => [{ networkId: ingress.id, address, address6: "", aliases: [] }];
const hostNode = (id: string, part: Parameters<typeof createNode>[1] = {}): Node =>
  createNode(id, { attachments: onIngress(`10.0.0.${id.slice(1)}/20`), ...part });
const taskOn = (id: string, nodeId: NodeId, part: Parameters<typeof createTask>[2] = {}): Task =>
  createTask(id, service, { nodeId, networks: onIngress(`10.0.1.${id.slice(1)}/20`), ...part });

const states: readonly (readonly [TaskState, TaskState, ReturnType<typeof endpointState>])[] = [
  ["PENDING", "RUNNING", null],
  ["ASSIGNED", "RUNNING", "PENDING"],
  ["STARTING", "RUNNING", "PENDING"],
  ["RUNNING", "RUNNING", "READY"],
  ["RUNNING", "COMPLETE", "READY"],
  ["READY", "READY", "PENDING"],
  ["RUNNING", "SHUTDOWN", "DRAINING"],
  ["RUNNING", "REMOVE", "DRAINING"],
  ["SHUTDOWN", "SHUTDOWN", null],
  ["FAILED", "RUNNING", null],
  ["ORPHANED", "SHUTDOWN", null],
];
for (const [state, desiredState, expected] of states) {
  test(`the endpoint of a task that is ${state}, wanted ${desiredState}, is ${expected ?? "nowhere"}`, () => {
    assert.equal(endpointState(createTask("t1", service, { state, desiredState })), expected);
  });
}

test("a node gets its tasks from ASSIGNED on, over or not, and nobody else's", async () => {
  const tasks = [
    taskOn("t1", n1, { state: "PENDING" }),
    taskOn("t2", n1, { state: "ASSIGNED" }),
    taskOn("t3", n1, { state: "FAILED" }),
    taskOn("t4", testId<NodeId>("n2")),
  ];
  const view = await viewOf({ nodes: [hostNode("n1"), hostNode("n2")], services: [service], tasks });
  const wanted = wantedBy(view, n1);
  assert.deepEqual(idsOf(wanted, "task"), [testId("t2"), testId("t3")]);
});

const base = taskOn("t1", n1);
const changes: readonly (readonly [string, Task, boolean])[] = [
  ["the same values in other objects", structuredClone(base), false],
  ["a status", { ...base, status: createTaskStatus("FAILED") }, false],
  ["a version", { ...base, meta: { ...base.meta, version: 9 } }, false],
  ["a desired state", { ...base, desiredState: "SHUTDOWN" }, true],
  ["an address", { ...base, networks: onIngress("10.0.1.99/20") }, true],
  ["a spec", { ...base, spec: { ...base.spec, forceUpdate: 1 } }, true],
];
for (const [what, task, isTold] of changes) {
  test(`a worker is ${isTold ? "" : "not "}told when ${what} is all that changed`, () => {
    const setOf = (one: Task): AssignmentSet => new Map([[one.id, { item: "task", task: one }]]);
    const change = diffAssignments(setOf(base), setOf(task));
    assert.equal(change !== null, isTold);
  });
}

test("a difference, applied to what was, gives what is wanted", async () => {
  const before = await viewOf({
    nodes: [hostNode("n1")],
    services: [service],
    tasks: [taskOn("t1", n1), taskOn("t2", n1)],
  });
  const after = await viewOf({
    nodes: [createNode("n1")],
    services: [service],
    tasks: [taskOn("t2", n1, { desiredState: "SHUTDOWN" }), taskOn("t3", n1)],
  });
  const [old, wanted] = [before, after].map((view) => wantedBy(view, n1));
  assert.ok(old !== undefined && wanted !== undefined);
  const change = diffAssignments(old, wanted);
  assert.deepEqual(
    change?.put.map((item) => item.item === "task" && item.task.id),
    [testId("t2"), testId("t3")],
  );
  assert.deepEqual(change?.removedIds, [testId("t1")]);
  assert.equal(diffAssignments(wanted, wanted), null);
  assert.deepEqual(diffAssignments(EMPTY_SET, wanted)?.put, fullAssignments(wanted).put);
});

const usesKey = createContainerSpec({
  secrets: [{ sourceId: testId("key"), sourceName: "key", target: "key", uid: 0, gid: 0 }],
  configs: [{ sourceId: testId("site"), sourceName: "site", target: "/site", uid: 0, gid: 0 }],
});
const userOn = (id: string, nodeId: NodeId, part: Parameters<typeof createTask>[2] = {}): Task =>
  taskOn(id, nodeId, { spec: createTaskSpec({ container: usesKey }), ...part });
const nobody = (): Concerned => ({ nodes: new Set(), selves: new Set(), tables: new Set(), clusterView: false });
const contents = { secrets: [createSecret("key"), createSecret("other")], configs: [createConfig("site")] };

test("secrets and configs are for the nodes of tasks that use them and are not over, and stand before them", async () => {
  const tasks = [userOn("t1", n1), userOn("t2", testId<NodeId>("n2"), { state: "FAILED" }), taskOn("t3", testId("n3"))];
  const view = viewByHand({ tasks, ...contents });
  const kinds = (id: string) => [...wantedBy(view, testId<NodeId>(id)).values()].map(({ item }) => item);
  assert.deepEqual(kinds("n1"), ["secret", "config", "task"]);
  assert.deepEqual(kinds("n2"), ["task"]);
  assert.deepEqual(kinds("n3"), ["task"]);
});

test("the end of the last task that uses a secret takes it from the node, other labels of it are not told", () => {
  const wantedOf = (tasks: readonly Task[], secrets = contents.secrets): AssignmentSet =>
    wantedBy(viewByHand({ tasks, secrets, configs: contents.configs }), n1);
  const running = userOn("t1", n1);
  const failed = userOn("t1", n1, { state: "FAILED" });
  assert.deepEqual(diffAssignments(wantedOf([running]), wantedOf([failed])), {
    put: [],
    removedIds: [testId("key"), testId("site")],
  });
  assert.equal(diffAssignments(wantedOf([running, userOn("t2", n1)]), wantedOf([failed, userOn("t2", n1)])), null);
  assert.equal(diffAssignments(wantedOf([running]), wantedOf([running], [createSecret("key", "x", { a: "b" })])), null);
  const concerned = nobody();
  addConcerned(concerned, { kind: "task", action: "update", object: failed, old: running }, viewByHand(contents));
  assert.deepEqual([...concerned.nodes], [n1]);
});

test("a login is for the nodes whose tasks have images there, and a new password is told to them alone", () => {
  const imageOf = (image: string) => ({ spec: createTaskSpec({ container: createContainerSpec({ image }) }) });
  const n2 = testId<NodeId>("n2");
  const n3 = testId<NodeId>("n3");
  const tasks = [
    taskOn("t1", n1, imageOf(`reg.example/team/app:1@sha256:${"a".repeat(64)}`)),
    taskOn("t2", n2, imageOf("reg.example/other:1")),
    taskOn("t3", n3, { ...imageOf("reg.example/team/app:1"), state: "FAILED" }),
  ];
  const [all, team] = [createLogin("reg.example"), createLogin("reg.example/team")];
  const view = viewByHand({ tasks, logins: [all, team] });
  assert.deepEqual(idsOf(wantedBy(view, n1), "login"), [team.id]);
  assert.deepEqual(idsOf(wantedBy(view, n2), "login"), [all.id]);
  assert.deepEqual(idsOf(wantedBy(view, n3), "login"), []);
  const rotated = createLogin("reg.example/team", "somebody", "another");
  const later = viewByHand({ tasks, logins: [all, rotated] });
  assert.deepEqual(diffAssignments(wantedBy(view, n1), wantedBy(later, n1))?.put, [{ item: "login", login: rotated }]);
  assert.equal(diffAssignments(wantedBy(view, n2), wantedBy(later, n2)), null);
  const concerned = nobody();
  addConcerned(concerned, { kind: "login", action: "update", object: rotated, old: team }, later);
  assert.deepEqual([...concerned.nodes], [n1]);
});

test("a revision with many large secrets goes in parts, what is removed with the last", () => {
  const data = "x".repeat(CONTENT_BYTES_MAX / 4);
  const put = ["a", "b", "c", "d", "e"].map((name) => ({ item: "secret" as const, secret: createSecret(name, data) }));
  const parts = inParts({ put, removedIds: ["gone"] });
  assert.deepEqual(
    parts.map((part) => [part.put.length, part.removedIds]),
    [
      [4, []],
      [1, ["gone"]],
    ],
  );
  assert.deepEqual(inParts({ put: [], removedIds: ["gone"] }), [{ put: [], removedIds: ["gone"] }]);
});

test("every host learns the gossip keys and where some hosts gossip, managers first", async () => {
  const nodes = Array.from({ length: 40 }, (_, at) => {
    const node = hostNode(`n${at + 1}`, { role: at === 39 ? "MANAGER" : "WORKER" });
    return { ...node, status: { ...node.status, address: `10.77.0.${at + 1}` } };
  });
  const view = await viewOf({ nodes });
  const seen = new ClusterViews(() => []).of(view, n1, []);
  assert.equal(seen?.gossipKeys?.keys.length, 3);
  assert.equal(seen?.gossipAddresses.length, GOSSIP_ADDRESSES_MAX);
  assert.ok(seen?.gossipAddresses.includes("10.77.0.40"), "the manager");
});

test("what all hosts know alike is news once, and a node's own state is none to the others", async () => {
  const nodeAt = (id: string, address: string, message = "") => {
    const node = hostNode(id);
    return { ...node, status: { ...node.status, address, message } };
  };
  const views = new ClusterViews(() => ["10.77.0.1:2377"]);
  const seen = await viewOf({ nodes: [nodeAt("n1", "10.77.0.1")] });
  assert.equal(views.takeNews(seen), true);
  assert.equal(views.takeNews(seen), false, "all have been told");
  const illNow = await viewOf({ nodes: [nodeAt("n1", "10.77.0.1", "session silent")] });
  assert.equal(views.takeNews(illNow), false);
  const moved = await viewOf({ nodes: [nodeAt("n1", "10.77.0.2")] });
  assert.deepEqual(views.of(moved, n1, [])?.gossipAddresses, ["10.77.0.2"]);
  assert.equal(views.takeNews(moved), true, "that one host has looked does not tell the others");
});

test("a node over which the dispatcher fails is left out of what the others are told", async () => {
  const n1Node = hostNode("n1");
  const isIll: IsIll = (_, { id }) => id === n1;
  const view = poisonedStore(
    await storeOf({
      nodes: [{ ...n1Node, status: { ...n1Node.status, address: "" } }, hostNode("n2")],
      tasks: [taskOn("t1", n1)],
    }),
    isIll,
  ).view();
  const troubles: Trouble[] = [];
  assert.equal(new ClusterViews(() => []).of(view, testId<NodeId>("n2"), troubles)?.node?.id, testId("n2"));
  assert.deepEqual(new Set(troubles.map(({ about }) => about)), new Set([`node ${n1}`]));
});

test("a status that the dispatcher cannot take does not hold up those of other tasks", async () => {
  const store = await storeOf({
    nodes: [hostNode("n1")],
    tasks: [taskOn("t1", n1, { state: "ASSIGNED" }), taskOn("t2", n1, { state: "ASSIGNED" })],
  });
  const odd: Store = {
    ...poisonedStore(store, () => false),
    update: (label, change) =>
      poisonedStore(store, () => false).update(label, (tx) =>
        change({
          ...tx,
          update: (kind, object) => {
            if (object.id === testId("t1")) throw new TypeError("bug");
            tx.update(kind, object);
          },
        }),
      ),
  };
  const intake = new StatusIntake(odd, systemClock, silentLogger);
  const status = createTaskStatus("RUNNING");
  await intake.add(n1, [
    { taskId: testId("t1"), status },
    { taskId: testId("t2"), status },
  ]);
  const states = ["t1", "t2"].map((id) => store.view().get("task", testId(id))?.status.state);
  assert.deepEqual(states, ["ASSIGNED", "RUNNING"]);
});
