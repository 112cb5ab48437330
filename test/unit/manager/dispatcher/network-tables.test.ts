import assert from "node:assert/strict";
import { test } from "node:test";
import { inChunks } from "../../../../manager/dispatcher/change-chunks.ts";
import { BUILD_SLICE, NetworkTables } from "../../../../manager/dispatcher/network-tables.ts";
import { LOG_LENGTH_MIN } from "../../../../manager/dispatcher/table-book.ts";
import { TableFeed } from "../../../../manager/dispatcher/table-feed.ts";
import { hostLine, serviceLine } from "../../../../manager/dispatcher/table-lines.ts";
import type { Store } from "../../../../manager/store/store-types.ts";
import { TroubleBook } from "../../../../manager/trouble.ts";
import type { NodeId } from "../../../../shared/ids.ts";
import { silentLogger } from "../../../../shared/log.ts";
import type { Node, Service, Task } from "../../../../shared/objects/types.ts";
import { seededRandom } from "../../../../shared/ports/seeded-random.ts";
import type { NetworkTable } from "../../../../shared/rpc/gen/dispatcher.ts";
import { createGuest } from "../../../support/guest-objects.ts";
import {
  createCluster,
  createContainerSpec,
  createNetwork,
  createNode,
  createPort,
  createService,
  createTask,
  createTaskSpec,
  testId,
} from "../../../support/objects.ts";
import { type IsIll, poisonedStore } from "../../../support/poisoned-store.ts";
import { TableSession, TableWorld } from "../../../support/table-world.ts";
import { VirtualClock } from "../../../support/virtual-clock.ts";

const ingress = createNetwork("ingress");
const front = createNetwork("front");
const web = createService("web");
const n1 = testId<NodeId>("n1");

const on = (network: typeof ingress, address: string, address6 = "") => [
  { networkId: network.id, address, address6, aliases: [] },
];
const hostNode = (id: string, part: Parameters<typeof createNode>[1] = {}): Node =>
  createNode(id, { attachments: on(ingress, `10.0.0.${id.slice(1)}/20`), ...part });
const taskOn = (id: string, nodeId: NodeId, part: Parameters<typeof createTask>[2] = {}): Task =>
  createTask(id, web, { nodeId, networks: on(ingress, `10.0.1.${id.slice(1)}/20`), ...part });

interface Objects {
  readonly nodes?: readonly Node[];
  readonly services?: readonly Service[];
  readonly tasks?: readonly Task[];
  readonly networks?: readonly (typeof ingress)[];
}

function worldOf({ nodes = [], services = [], tasks = [], networks = [ingress, front] }: Objects): TableWorld {
  return new TableWorld((put) => {
    put("cluster", createCluster());
    for (const network of networks) put("network", network);
    for (const node of nodes) put("node", node);
    for (const service of services) put("service", service);
    for (const task of tasks) put("task", task);
  });
}

/** The tables that a node has, by name. */
function tablesOf(world: TableWorld, nodeId: NodeId): Readonly<Record<string, NetworkTable>> {
  const books = world.tables.booksOf(nodeId) ?? [];
  return Object.fromEntries(books.map((book) => [book.network?.spec.annotations.name, book.whole()]));
}
const tasksIn = (table: NetworkTable | undefined): readonly string[] | undefined =>
  table?.endpoints.map(({ taskId }) => taskId).sort();
const hostsIn = (table: NetworkTable | undefined): readonly string[] | undefined =>
  table?.hosts.map(({ nodeId }) => nodeId).sort();

test("the ingress table has every attached host, and the endpoints of all but hosts that are down", () => {
  const nodes = [
    hostNode("n1"),
    hostNode("n2", { state: "DOWN" }),
    hostNode("n3", { state: "DISCONNECTED" }),
    createNode("n4"),
  ];
  const tasks = nodes.map((node, at) => taskOn(`t${at + 1}`, node.id));
  const { ingress: table } = tablesOf(worldOf({ nodes, services: [web], tasks }), n1);
  assert.deepEqual(hostsIn(table), [testId("n1"), testId("n2"), testId("n3")]);
  assert.deepEqual(tasksIn(table), [testId("t1"), testId("t3"), testId("t4")]);
  assert.deepEqual(table?.endpoints[0], {
    taskId: testId("t1"),
    serviceId: web.id,
    nodeId: n1,
    address: "10.0.1.1/20",
    address6: "",
    names: [],
    state: "READY",
  });
  assert.equal(table?.dataPathPort, 4789);
});

test("a network of users is for hosts with tasks on it, also when they are down, until the last is over", () => {
  const nodes = ["n1", "n2", "n3"].map((id) => hostNode(id));
  const n2 = testId<NodeId>("n2");
  const one = taskOn("t1", n1, { networks: on(front, "10.1.0.1/24", "fd00::1/64") });
  const other = taskOn("t2", n2, { networks: on(front, "10.1.0.2/24") });
  const world = worldOf({ nodes, tasks: [one, other] });
  const { front: table } = tablesOf(world, n1);
  assert.deepEqual(hostsIn(table), [n1, n2]);
  assert.deepEqual(
    table?.hosts.map(({ address }) => address),
    ["", ""],
    "a host spends no address",
  );
  assert.equal(table?.endpoints[0]?.address6, "fd00::1/64");
  assert.deepEqual(Object.keys(tablesOf(world, testId("n3"))), ["ingress"]);
  world.put("node", hostNode("n2", { state: "DOWN" }));
  assert.deepEqual(
    [hostsIn(tablesOf(world, n1)["front"])?.length, tasksIn(tablesOf(world, n1)["front"])?.length],
    [2, 1],
  );
  world.put("task", { ...other, desiredState: "SHUTDOWN" });
  assert.equal(hostsIn(tablesOf(world, n1)["front"])?.length, 2, "it drains");
  world.put("task", { ...other, desiredState: "SHUTDOWN", status: { ...other.status, state: "SHUTDOWN" } });
  assert.deepEqual(hostsIn(tablesOf(world, n1)["front"]), [n1]);
  assert.equal(tablesOf(world, n2)["front"], undefined);
});

test("a guest is in its network's table, and its host takes part, until it is over or its host is down", () => {
  const [node, other] = [hostNode("n1"), hostNode("n2")];
  const world = worldOf({ nodes: [node, other], services: [web], tasks: [] });
  const guest = createGuest("g1", front, other, { names: ["web"] });
  world.put("guest", guest);
  assert.equal(tablesOf(world, other.id)["front"], undefined, "it has no address yet");
  world.put("guest", { ...guest, address: "10.1.0.9/24" });
  world.put("task", taskOn("t1", n1, { networks: on(front, "10.1.0.1/24") }));
  const { front: table } = tablesOf(world, n1);
  assert.deepEqual(hostsIn(table), [n1, other.id]);
  assert.deepEqual(
    table?.endpoints.find(({ taskId }) => taskId === guest.containerId),
    {
      taskId: guest.containerId,
      serviceId: "",
      nodeId: other.id,
      ...{ address: "10.1.0.9/24", address6: "", names: ["web"], state: "READY" },
    },
  );
  world.put("node", hostNode("n2", { state: "DOWN" }));
  assert.deepEqual(tasksIn(tablesOf(world, n1)["front"]), [testId("t1")]);
  world.put("node", other);
  assert.equal(tasksIn(tablesOf(world, n1)["front"])?.length, 2);
  world.remove("guest", guest.id);
  assert.equal(tablesOf(world, other.id)["front"], undefined);
  assert.deepEqual(hostsIn(tablesOf(world, n1)["front"]), [n1]);
});

const named = (hostname: string): readonly string[] | undefined => {
  const spec = createTaskSpec({ container: createContainerSpec({ hostname }) });
  const task = createTask("t1", web, { nodeId: n1, slot: 2, spec, networks: on(front, "10.1.0.1/24") });
  return tablesOf(worldOf({ nodes: [hostNode("n1")], tasks: [task] }), n1)["front"]?.endpoints[0]?.names;
};

test("a task is found by its name, its slot and its host name, with templates filled in, if it is one", () => {
  assert.deepEqual(named(""), [`web.2.${testId("t1")}`, "web.2", testId("t1").slice(0, 12)]);
  assert.deepEqual(named("db-{{.Node.Hostname}}")?.at(-1), "db-n1");
  assert.equal(named("{{.Nothing}}")?.length, 3, "its worker refuses the task");
  assert.equal(named("{{join ` ` .Task.Slot .Task.Slot}}")?.length, 2);
});

test("the names of tasks follow their host's name", () => {
  const spec = createTaskSpec({ container: createContainerSpec({ hostname: "{{.Node.Hostname}}" }) });
  const task = createTask("t1", web, { nodeId: n1, spec, networks: on(front, "10.1.0.1/24") });
  const world = worldOf({ nodes: [hostNode("n1")], tasks: [task] });
  world.put("node", hostNode("n1", { hostname: "other" }));
  assert.equal(tablesOf(world, n1)["front"]?.endpoints[0]?.names.at(-1), "other");
});

test("only ingress ports with a number are in the ingress table, and only services that have any", () => {
  const ports = [
    createPort({ publishedPort: 8080 }),
    createPort({ publishedPort: 0 }),
    createPort({ publishedPort: 9090, publishMode: "HOST" }),
  ];
  const virtualIps = [{ networkId: ingress.id, address: "10.0.0.9/20", address6: "" }];
  const published = createService("web", {}, { endpoint: { mode: "VIP", ports, virtualIps } });
  const line = serviceLine(ingress, published);
  assert.deepEqual([line?.virtualIp, line?.ports], ["10.0.0.9", [ports[0]]]);
  assert.equal(serviceLine(ingress, createService("db")), null);
  assert.equal(serviceLine(front, published), null);
});

test("a service has its aliases and both virtual addresses on a network, with dnsrr none, and never ports there", () => {
  const task = createTaskSpec({ networks: [{ target: front.id, aliases: ["db"], driverOptions: {} }] });
  const virtualIps = [{ networkId: front.id, address: "10.1.0.9/24", address6: "fd00::9/64" }];
  const ports = [createPort({ publishedPort: 8080 })];
  const expected = { serviceId: testId("web"), name: "web", ports: [], aliases: ["db"], stickySeconds: 0 };
  const sticky = { mode: "VIP", ports: [], stickyMs: 90_000 } as const;
  assert.equal(serviceLine(front, createService("web", { task, endpoint: sticky }))?.stickySeconds, 90);
  const vip = createService("web", { task }, { endpoint: { mode: "VIP", ports, virtualIps } });
  assert.deepEqual(serviceLine(front, vip), { ...expected, virtualIp: "10.1.0.9", virtualIp6: "fd00::9" });
  const dnsrr = createService("web", { task }, { endpoint: { mode: "DNSRR", ports, virtualIps: [] } });
  assert.deepEqual(serviceLine(front, dnsrr), { ...expected, virtualIp: "", virtualIp6: "" });
});

test("a host that has not said where packets for it go has no line", () => {
  assert.equal(hostLine(front, { ...hostNode("n1"), description: null }), null);
});

test("a network that is not allocated yet, or that the node is not attached to, is not sent", () => {
  const unready = worldOf({ nodes: [hostNode("n1")], networks: [createNetwork("ingress", { vni: 0 })] });
  assert.deepEqual(tablesOf(unready, n1), {});
  unready.put("network", ingress);
  assert.deepEqual(Object.keys(tablesOf(unready, n1)), ["ingress"]);
  assert.deepEqual(tablesOf(worldOf({ nodes: [createNode("n1")] }), n1), {});
});

test("what says the same is no change, so that nobody is told", () => {
  const world = worldOf({ nodes: [hostNode("n1")], tasks: [taskOn("t1", n1)] });
  const [book] = world.tables.booksOf(n1) ?? [];
  const before = book?.revision;
  const task = taskOn("t1", n1);
  world.put("task", { ...task, status: { ...task.status, message: "started" } });
  world.put("network", { ...ingress, meta: { ...ingress.meta, version: 9 } });
  assert.equal(book?.revision, before);
  world.put("task", { ...task, desiredState: "SHUTDOWN" });
  assert.equal(book?.revision, (before ?? 0) + 1);
});

test("a large cluster's tables are made in slices, and given out when they are whole", async () => {
  const tasks = Array.from({ length: 2 * BUILD_SLICE }, (_, at) => taskOn(`t${at}`, n1));
  const world = worldOf({ nodes: [hostNode("n1")], tasks });
  assert.equal(world.tables.booksOf(n1), null);
  world.put("task", taskOn("t1", n1, { desiredState: "SHUTDOWN" }));
  await (world.clock as VirtualClock).run(0);
  const { ingress: table } = tablesOf(world, n1);
  assert.equal(table?.endpoints.length, 2 * BUILD_SLICE);
  assert.equal(table?.endpoints.find(({ taskId }) => taskId === testId("t1"))?.state, "DRAINING");
});

test("a large table goes in parts, what changes meanwhile after it, and a lagging host gets it whole again", async () => {
  const tasks = Array.from({ length: 5_000 }, (_, at) => taskOn(`t${at}`, n1));
  const world = worldOf({ nodes: [hostNode("n1")], tasks });
  await (world.clock as VirtualClock).run(0);
  const [one, late] = [new TableSession(world, n1), new TableSession(world, n1)];
  const [feed] = world.feeds(n1) ?? [];
  assert.ok((feed?.update(null)?.parts.length ?? 0) > 2);
  one.catchUp();
  assert.equal(one.tables[0]?.endpoints.length, 5_000);
  const { bytes } = one;
  world.put("task", taskOn("t1", n1, { desiredState: "SHUTDOWN" }));
  one.catchUp();
  late.catchUp();
  assert.ok(one.bytes - bytes < 500, `${one.bytes - bytes} bytes for one change`);
  assert.deepEqual(one.tables, late.tables);
  for (let round = 0; round < 3 * Math.max(LOG_LENGTH_MIN, 5_000); round++) {
    world.put("task", taskOn("t2", n1, { desiredState: round % 2 === 0 ? "SHUTDOWN" : "RUNNING" }));
  }
  world.remove("task", testId("t3"));
  one.catchUp();
  assert.equal(one.tables[0]?.endpoints.length, 4_999);
});

test("what is the same for many hosts is encoded once", () => {
  const world = worldOf({ nodes: [hostNode("n1")], tasks: [taskOn("t1", n1)] });
  const [book] = world.tables.booksOf(n1) ?? [];
  assert.ok(book !== undefined);
  const feed = new TableFeed(book);
  const { revision } = feed;
  assert.equal(feed.update(null)?.parts[0]?.bytes, feed.update(null)?.parts[0]?.bytes);
  world.put("task", taskOn("t1", n1, { desiredState: "SHUTDOWN" }));
  assert.equal(feed.update(revision)?.parts[0]?.bytes, feed.update(revision)?.parts[0]?.bytes);
  assert.equal(feed.update(feed.revision), null);
});

test("a change of nothing is one chunk", () => {
  const [book] = worldOf({ nodes: [hostNode("n1")] }).tables.booksOf(n1) ?? [];
  const nothing = book?.changeSince(book.revision) ?? null;
  assert.equal(nothing && inChunks(nothing).length, 1);
});

test("an object over which the dispatcher fails has no lines, the others have theirs, until it is well again", async () => {
  const clock = new VirtualClock();
  const ill = new Set<string>([testId("t1"), testId("n2")]);
  const isIll: IsIll = (_, { id }) => ill.has(id);
  const { view } = worldOf({
    nodes: [hostNode("n1"), hostNode("n2")],
    tasks: [taskOn("t1", n1), taskOn("t2", n1)],
  });
  const healthy = { view: () => view, subscribe: () => ({ [Symbol.dispose]() {} }) } as unknown as Store;
  const troubles = new TroubleBook(silentLogger, seededRandom(1));
  let told = 0;
  const options = { store: poisonedStore(healthy, isIll), clock, troubles, appliedBy: () => null };
  const tables = new NetworkTables(options, () => void told++);
  const table = () => tables.booksOf(n1)?.[0]?.whole();
  assert.deepEqual([tasksIn(table()), hostsIn(table())], [[testId("t2")], [n1]]);
  ill.clear();
  await clock.run(1_000);
  assert.deepEqual(
    [tasksIn(table()), hostsIn(table())],
    [
      [testId("t1"), testId("t2")],
      [n1, testId("n2")],
    ],
  );
  assert.equal(told, 1);
});
