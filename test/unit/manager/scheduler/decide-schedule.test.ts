import { strict as assert } from "node:assert";
import { test } from "node:test";
import type { Failures } from "../../../../manager/scheduler/decide-schedule.ts";
import { GenericPool } from "../../../../manager/tasks/generic-pool.ts";
import type { NodeId } from "../../../../shared/ids.ts";
import type { Node, Service, Task, TaskSpec } from "../../../../shared/objects/types.ts";
import type { GenericResource, Resources } from "../../../../shared/rpc/gen/objects.ts";
import { ANYWHERE } from "../../../../shared/service-spec/defaults.ts";
import {
  createContainerSpec,
  createMount,
  createNode,
  createPort,
  createResources,
  createService,
  createTask,
  createTaskSpec,
  type NodeParts,
  testId,
} from "../../../support/objects.ts";
import { NO_FAILURES, scheduleOnce } from "../../../support/schedule.ts";
import { viewOf } from "../../../support/view.ts";

type Parts = Partial<Task & { state: Task["status"]["state"] }>;
const on = (node: string): NodeId => testId<NodeId>(node);
const short = (id: string): string => id.replace(/z+$/, "");

/** "t1>n1" for a placement, "t1: reason" for a task that no node can have. */
function decide(nodes: readonly Node[], tasks: readonly Task[], failures = NO_FAILURES): string[] {
  const { assigned, blocked } = scheduleOnce(viewOf({ nodes, tasks }), failures);
  return [
    ...assigned.map(({ taskId, nodeId }) => `${short(taskId)}>${short(nodeId)}`),
    ...blocked.map(({ taskId, err }) => `${short(taskId)}: ${err}`),
  ];
}

const web = createService("web");
const withSpec = (spec: Partial<TaskSpec>): Service => createService("web", { task: createTaskSpec(spec) });
const pending = (id: string, service = web, part: Parts = {}): Task =>
  createTask(id, service, { state: "PENDING", ...part });
const placed = (placement: Partial<NonNullable<TaskSpec["placement"]>>): Service =>
  withSpec({ placement: { ...ANYWHERE, ...placement } });

const HOST = [createPort({ publishedPort: 80, publishMode: "HOST" })];
const hostPort: Parts = { endpoint: { mode: "VIP", ports: HOST, virtualIps: [] } };
const fourGib = withSpec({ reservations: createResources({ memoryBytes: 4 * 1024 ** 3 }) });

const gpus = (...names: string[]): GenericResource => ({ kind: "gpu", value: names.length, names });
const has = (...generic: GenericResource[]): Resources => createResources({ generic });
const wants = (value: number): Service =>
  withSpec({ reservations: createResources({ generic: [{ kind: "gpu", value, names: [] }] }) });

const refusals: readonly {
  readonly name: string;
  readonly nodes: readonly NodeParts[];
  readonly task: Task;
  readonly others?: readonly Task[];
  readonly err: string;
}[] = [
  { name: "there is no node", nodes: [], task: pending("t"), err: "no suitable node" },
  {
    name: "a node is drained",
    nodes: [{ availability: "DRAIN" }],
    task: pending("t"),
    err: "no suitable node (1 node not available for new tasks)",
  },
  {
    name: "nodes are down, paused, unknown",
    nodes: [{ state: "DOWN" }, { availability: "PAUSE" }, { state: "UNKNOWN" }],
    task: pending("t"),
    err: "no suitable node (3 nodes not available for new tasks)",
  },
  {
    name: "memory is lacking",
    nodes: [{ resources: createResources({ memoryBytes: 1 }) }],
    task: pending("t", fourGib),
    err: "no suitable node (insufficient resources on 1 node: 4GiB of memory wanted)",
  },
  {
    name: "a generic resource is lacking",
    nodes: [{}, { resources: has({ kind: "gpu", value: 1, names: [] }) }, { resources: has(gpus("g1")) }],
    task: pending("t", wants(2)),
    err: "no suitable node (insufficient gpu on 3 nodes)",
  },
  {
    name: "a generic resource is taken until its task is over",
    nodes: [{ resources: has(gpus("g1", "g2")) }],
    task: pending("t", wants(1)),
    others: [
      createTask("o", wants(2), { nodeId: on("n1"), desiredState: "SHUTDOWN", genericResources: [gpus("g1", "g2")] }),
    ],
    err: "no suitable node (insufficient gpu on 1 node)",
  },
  {
    name: "a CPU is lacking",
    nodes: [{}, {}],
    task: pending("t", withSpec({ reservations: createResources({ nanoCpus: 5e9 }) })),
    err: "no suitable node (insufficient resources on 2 nodes: 5 CPUs wanted)",
  },
  {
    name: "all that a node lacks is named, so that nobody makes room for half of it",
    nodes: [{}, {}, { resources: createResources({ nanoCpus: 8e9, memoryBytes: 1 }) }],
    task: pending(
      "t",
      withSpec({
        reservations: createResources({
          ...{ nanoCpus: 5e9, memoryBytes: 900 * 2 ** 30 },
          generic: [{ kind: "gpu", value: 1, names: [] }],
        }),
      }),
    ),
    err:
      "no suitable node (insufficient gpu on 3 nodes; insufficient resources on 2 nodes: 5 CPUs and 900GiB of memory " +
      "wanted; insufficient resources on 1 node: 900GiB of memory wanted)",
  },
  {
    name: "a constraint is not met",
    nodes: [{}, {}],
    task: pending("t", placed({ constraints: ["node.labels.disk==ssd"] })),
    err: "no suitable node (scheduling constraints not satisfied on 2 nodes: node.labels.disk==ssd)",
  },
  {
    name: "each constraint is named with the nodes that it refuses",
    nodes: [{}, {}, { labels: { disk: "ssd" } }],
    task: pending("t", placed({ constraints: ["node.labels.disk == ssd", "node.labels.zone in (a, b)"] })),
    err:
      "no suitable node (scheduling constraints not satisfied on 2 nodes: node.labels.disk == ssd; " +
      "scheduling constraints not satisfied on 1 node: node.labels.zone in (a, b))",
  },
  {
    name: "the platform is another",
    nodes: [{}],
    task: pending("t", placed({ platforms: [{ os: "linux", architecture: "arm64" }] })),
    err: "no suitable node (unsupported platform on 1 node)",
  },
  {
    name: "the host port is taken",
    nodes: [{}],
    task: pending("t", web, hostPort),
    others: [createTask("o", createService("other"), { nodeId: on("n1"), ...hostPort })],
    err: "no suitable node (host-mode port already in use on 1 node)",
  },
  {
    name: "a program of the host listens on the host port",
    nodes: [{ listeners: [{ protocol: "TCP", port: 80, address: "0.0.0.0", program: "nginx", clash: "NONE" }] }],
    task: pending("t", web, hostPort),
    err: "no suitable node (host-mode port already in use on 1 node)",
  },
  {
    name: "the node has its share of the service",
    nodes: [{}],
    task: pending("t", placed({ maxReplicas: 1 })),
    others: [createTask("o", placed({ maxReplicas: 1 }), { nodeId: on("n1") })],
    err: "no suitable node (max replicas per node limit exceed)",
  },
  {
    name: "nodes fail for several reasons, the most frequent said first, each node counted once",
    nodes: [
      { availability: "DRAIN", resources: createResources() },
      { resources: createResources() },
      { resources: createResources() },
    ],
    task: pending("t", fourGib),
    err: "no suitable node (insufficient resources on 2 nodes: 4GiB of memory wanted; 1 node not available for new tasks)",
  },
];
for (const { name, nodes, task, others, err } of refusals) {
  test(`a task says why it waits when ${name}`, () => {
    const all = nodes.map((parts, at) => createNode(`n${at + 1}`, parts));
    assert.deepEqual(decide(all, [task, ...(others ?? [])]), [`t: ${err}`]);
  });
}

const three = ["n1", "n2", "n3"].map((id) => createNode(id));

test("tasks of a service are spread over nodes", () => {
  const tasks = [1, 2, 3, 4].map((at) => pending(`t${at}`, web, { slot: at }));
  assert.deepEqual(decide(three, tasks), ["t1>n1", "t2>n2", "t3>n3", "t4>n1"]);
});

test("a node with fewer tasks of the service wins over one with fewer tasks", () => {
  const other = createService("other");
  const tasks = [
    createTask("a1", web, { nodeId: on("n1") }),
    ...["b1", "b2"].map((id) => createTask(id, other, { nodeId: on("n2") })),
    createTask("c1", web, { nodeId: on("n3") }),
  ];
  assert.deepEqual(decide(three, [...tasks, pending("t")]), ["t>n2"]);
});

test("of nodes with equally many of the service the one with fewer tasks wins", () => {
  const tasks = ["n1", "n2"].map((node) => createTask(`o${node}`, createService("other"), { nodeId: on(node) }));
  assert.deepEqual(decide(three, [...tasks, pending("t")]), ["t>n3"]);
});

test("a stopping task leaves its place in the ranking", () => {
  const stopping = createTask("o", web, { nodeId: on("n1"), desiredState: "SHUTDOWN" });
  const others = ["n2", "n3"].map((node) => createTask(`o${node}`, web, { nodeId: on(node) }));
  assert.deepEqual(decide(three, [stopping, ...others, pending("t")]), ["t>n1"]);
});

test("a stopping task keeps its memory until it is over", () => {
  const nodes = ["n1", "n2"].map((id) =>
    createNode(id, { resources: createResources({ memoryBytes: 4 * 1024 ** 3 }) }),
  );
  const stopping = createTask("o", fourGib, { nodeId: on("n1"), desiredState: "SHUTDOWN" });
  assert.deepEqual(decide(nodes, [stopping, pending("t", fourGib), pending("u", fourGib)]), [
    "t>n2",
    "u: no suitable node (insufficient resources on 2 nodes: 4GiB of memory wanted)",
  ]);
});

test("what is over takes nothing", () => {
  const dead = createTask("o", fourGib, { nodeId: on("n1"), state: "FAILED", desiredState: "SHUTDOWN" });
  const nodes = [createNode("n1", { resources: createResources({ memoryBytes: 4 * 1024 ** 3 }) })];
  assert.deepEqual(decide(nodes, [dead, pending("t", fourGib)]), ["t>n1"]);
});

test("two tasks of one plan do not share a host port", () => {
  assert.deepEqual(decide(three.slice(0, 1), [pending("t", web, hostPort), pending("u", web, hostPort)]), [
    "t>n1",
    "u: no suitable node (host-mode port already in use on 1 node)",
  ]);
});

test("a node where the service failed often comes last", () => {
  const failures: Failures = () => new Map([[on("n1"), 5]]);
  assert.deepEqual(
    decide(
      three,
      [createTask("o", web, { nodeId: on("n2") }), createTask("p", web, { nodeId: on("n3") }), pending("t")],
      failures,
    ),
    ["t>n2"],
  );
});

test("names of one processor are the same platform", () => {
  const service = placed({ platforms: [{ os: "linux", architecture: "amd64" }] });
  assert.deepEqual(decide(three, [pending("t", service)]), ["t>n1"]);
});

test("a global task is confirmed on its own node only", () => {
  const agent = createService("agent", { replicas: "global" });
  const tasks = [pending("t", agent, { nodeId: on("n2") }), pending("u", agent, { nodeId: on("n4") })];
  assert.deepEqual(decide([...three, createNode("n4", { availability: "PAUSE" })], tasks), [
    "t>n2",
    "u: no suitable node (1 node not available for new tasks)",
  ]);
});

test("a task that waits for its confirmation does not stand in its own way", () => {
  const agent = createService("agent", { replicas: "global", task: fourGib.spec.task });
  const nodes = [createNode("n1", { resources: createResources({ memoryBytes: 4 * 1024 ** 3 }) })];
  assert.deepEqual(decide(nodes, [pending("t", agent, { nodeId: on("n1") })]), ["t>n1"]);
});

test("tasks that are not pending, or not wanted to run, are not placed", () => {
  assert.deepEqual(
    decide(three, [pending("t", web, { desiredState: "REMOVE" }), createTask("u", web, { state: "NEW" })]),
    [],
  );
});

test("the group that waits longest is placed first", () => {
  const node = createNode("n1", { resources: createResources({ memoryBytes: 4 * 1024 ** 3 }) });
  const meta = (createdAtMs: number): Parts => ({ meta: { version: 1, createdAtMs, updatedAtMs: 0 } });
  const young = createService("aaa", { task: fourGib.spec.task });
  assert.deepEqual(decide([node], [pending("t", fourGib, meta(1)), pending("u", young, meta(2))]), [
    "t>n1",
    "u: no suitable node (insufficient resources on 1 node: 4GiB of memory wanted)",
  ]);
});

test("a task that asks for a certain generic resource gets it and others beside it, or waits for it", () => {
  const pool = new GenericPool([gpus("g1", "g2", "g3"), { kind: "fpga", value: 2, names: [] }]);
  const wanted: GenericResource = { kind: "gpu", value: 2, names: ["g2"] };
  assert.deepEqual([pool.fits(wanted), pool.pick(wanted)], [true, gpus("g1", "g2")]);
  pool.take(gpus("g2"));
  assert.deepEqual([pool.fits(wanted), pool.fits({ ...wanted, names: [] })], [false, true]);
  assert.equal(pool.fits({ kind: "gpu", value: 1, names: ["g9"] }), false);
  // Those without names are never the one that is asked for.
  assert.equal(pool.fits({ kind: "fpga", value: 1, names: ["g1"] }), false);
});

test("tasks get generic resources by name, each one once, and by number where they have no names", () => {
  const nodes = [
    createNode("n1", { resources: has(gpus("g1", "g2", "g3")) }),
    createNode("n2", { resources: has({ kind: "gpu", value: 2, names: [] }) }),
  ];
  const taken = createTask("a", wants(1), { nodeId: on("n1"), genericResources: [gpus("g2")] });
  const tasks = [taken, pending("b", wants(2), { slot: 2 }), pending("c", wants(2), { slot: 3 })];
  const { assigned } = scheduleOnce(viewOf({ nodes, tasks }), NO_FAILURES);
  assert.deepEqual(
    assigned.map(({ nodeId, resources }) => [short(nodeId), resources]),
    [
      ["n2", [{ kind: "gpu", value: 2, names: [] }]],
      ["n1", [gpus("g1", "g3")]],
    ],
  );
});

const zones = (...labels: (Record<string, string> | null)[]): readonly Node[] =>
  labels.map((each, at) => createNode(`n${at + 1}`, each === null ? {} : { labels: each }));
const spreads: readonly {
  readonly name: string;
  readonly spread: readonly string[];
  readonly nodes: readonly Node[];
  readonly present?: readonly string[];
  readonly pending: number;
  /** Tasks of the service on each node afterwards. */
  readonly counts: string;
}[] = [
  {
    name: "evenly over the values, however many nodes have one",
    spread: ["node.labels.zone"],
    nodes: zones({ zone: "a" }, { zone: "a" }, { zone: "a" }, { zone: "b" }),
    pending: 6,
    counts: "n1=1 n2=1 n3=1 n4=3",
  },
  {
    name: "nodes without the label are one branch",
    spread: ["node.labels.zone"],
    nodes: zones({ zone: "a" }, null, null),
    pending: 4,
    counts: "n1=2 n2=1 n3=1",
  },
  {
    name: "tasks that were there before count",
    spread: ["node.labels.zone"],
    nodes: zones({ zone: "a" }, { zone: "b" }),
    present: ["n1", "n1", "n1"],
    pending: 3,
    counts: "n1=3 n2=3",
  },
  {
    name: "by several labels, the first one first",
    spread: ["node.labels.zone", "node.labels.rack"],
    nodes: zones(
      { zone: "a", rack: "1" },
      { zone: "a", rack: "2" },
      { zone: "a", rack: "2" },
      { zone: "b", rack: "1" },
    ),
    pending: 8,
    counts: "n1=2 n2=1 n3=1 n4=4",
  },
  {
    name: "a key of a plain object's own is a value like any other",
    spread: ["node.labels.constructor"],
    nodes: zones({ constructor: "__proto__" }, null, null),
    pending: 4,
    counts: "n1=2 n2=1 n3=1",
  },
];
for (const { name, spread, nodes, present = [], pending: count, counts } of spreads) {
  test(`spread: ${name}`, () => {
    const service = placed({ spread });
    const before = present.map((node, at) => createTask(`r${at}`, service, { nodeId: testId<NodeId>(node) }));
    const fresh = Array.from({ length: count }, (_, at) => pending(`p${at}`, service, { slot: at + 1 }));
    const { assigned } = scheduleOnce(viewOf({ nodes, tasks: [...before, ...fresh] }), NO_FAILURES);
    const places = [...before, ...assigned].map(({ nodeId }) => nodeId);
    const text = nodes.map(({ id }) => `${short(id)}=${places.filter((nodeId) => nodeId === id).length}`).join(" ");
    assert.equal(text, counts);
  });
}

const data = withSpec({
  container: createContainerSpec({ mounts: [createMount({ source: "data", target: "/d", volumePerSlot: true })] }),
});
const keeps = (...volumes: readonly (readonly [name: string, createdAtMs: number])[]): NodeParts => ({
  slotVolumes: volumes.map(([name, createdAtMs]) => ({ name, createdAtMs })),
});

test("a task goes back to the volume of its slot, whatever else speaks for another node", () => {
  const nodes = [createNode("n1", keeps(["data-1", 5])), createNode("n2"), createNode("n3", keeps(["data-2", 5]))];
  const tasks = [pending("t1", data), pending("t2", data, { slot: 2 }), pending("t3", web), pending("t4", web)];
  const placed = decide(nodes, [...tasks, createTask("t0", data, { slot: 9, nodeId: on("n1") })]);
  assert.ok(placed.includes("t1>n1") && placed.includes("t2>n3"), placed.join());
});

test("a slot without a volume goes anywhere, and slots are spread as ever", () => {
  const nodes = [createNode("n1"), createNode("n2"), createNode("n3", keeps(["data-7", 1], ["other-2", 1]))];
  const tasks = [1, 2, 3].map((slot) => pending(`t${slot}`, data, { slot }));
  assert.deepEqual(decide(nodes, tasks).toSorted(), ["t1>n1", "t2>n2", "t3>n3"]);
});

test("a task waits for the node that has its volume, and says so; of two nodes that have it, the later one counts", () => {
  const away = createNode("n1", { ...keeps(["data-1", 5]), state: "DOWN" });
  assert.deepEqual(decide([away, createNode("n2")], [pending("t1", data)]), [
    "t1: no suitable node (volume data-1 of the slot is on n1; 1 node not available for new tasks)",
  ]);
  assert.deepEqual(decide([away, createNode("n2", keeps(["data-1", 6]))], [pending("t1", data)]), ["t1>n2"]);
  assert.deepEqual(
    decide([createNode("n1", keeps(["data-1", 7])), createNode("n2", keeps(["data-1", 6]))], [pending("t1", data)]),
    ["t1>n1"],
  );
});
