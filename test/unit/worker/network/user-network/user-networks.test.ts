import assert from "node:assert/strict";
import { beforeEach, describe, it } from "node:test";
import type { NodeId } from "../../../../../shared/ids.ts";
import type { NetworkTable } from "../../../../../shared/rpc/gen/dispatcher.ts";
import type { LocalTask } from "../../../../../worker/network/user-network/local-task.ts";
import { UserNetworks } from "../../../../../worker/network/user-network/user-networks.ts";
import { MemoryNetworkNamespaces, type NamespaceWorld } from "../../../../support/memory-network-kernel.ts";
import { localTask, userEndpoint, userService, userTable, wireId } from "../../../../support/user-network-objects.ts";

const here = userEndpoint("here", "web", 1, 4);
const beside = userEndpoint("beside", "web", 1, 5);
const there = userEndpoint("there", "web", 2, 6);
const services = [userService("web", 130)];
const table = userTable({ endpoints: [here, beside, there], services });
const facts = { linkMtu: 1_500, localAddresses: new Set(["10.98.0.1"]) };
const BLUE = wireId("blue");
const PATH = `/netns/${BLUE}`;

describe("user networks of a host", () => {
  let namespaces: MemoryNetworkNamespaces;
  let networks: UserNetworks;
  let disturbances: number;
  const tasks = [localTask(here), localTask(beside)];
  const links = new Set(tasks.map(({ link }) => link));

  beforeEach(async () => {
    namespaces = new MemoryNetworkNamespaces();
    disturbances = 0;
    networks = new UserNetworks({
      namespaces,
      nodeId: wireId("node1") as NodeId,
      pathOf: (id) => `/netns/${id}`,
      onDisturbance: () => disturbances++,
    });
    for (const { namespacePath } of tasks) await namespaces.make(namespacePath);
  });

  const bring = (
    tables: readonly NetworkTable[] = [table],
    local: readonly LocalTask[] = tasks,
    depth: "known" | "everything" = "known",
  ): ReturnType<UserNetworks["bring"]> =>
    networks.bring({ tables, tasks: new Map([[BLUE, local]]), facts, links }, depth);
  const world = (path = PATH): NamespaceWorld => namespaces.named.get(path) as NamespaceWorld;
  const insideOf = (task: LocalTask | undefined): NamespaceWorld => world(task?.namespacePath);

  it("gives a network with a task here a namespace, and no other network", async () => {
    assert.deepEqual(await bring([table, userTable({ name: "red", vni: 5_000 })]), {
      findings: [],
      byTask: new Map(),
    });
    assert.ok(namespaces.named.has(PATH));
    assert.ok(!namespaces.named.has(`/netns/${wireId("red")}`));
    assert.deepEqual([...world().links.values()].map(({ name, up }) => `${name} ${up}`).sort(), [
      "lo false",
      "sw-vx4097 true",
      "swn-beside00000 true",
      "swn-here0000000 true",
    ]);
    const inside = insideOf(tasks[0]);
    assert.deepEqual([...inside.addresses.keys()], ["10.5.0.4/24 eth0", "fd00:5::4/64 eth0"]);
    assert.equal(inside.links.get("eth0")?.up, true);
  });

  it("does nothing when nothing changed, and what changed when something did", async () => {
    await bring();
    world().log.length = 0;
    await bring();
    assert.deepEqual(world().log, []);
    const moved = userEndpoint("there", "web", 3, 6);
    await bring([{ ...table, endpoints: table.endpoints.map((line) => (line === there ? moved : line)) }]);
    assert.deepEqual(
      world().log.filter((words) => !words.startsWith("load rules")),
      ["add neighbour 10.5.0.6 on sw-vx4097", "add neighbour fd00:5::6 on sw-vx4097"],
    );
  });

  it("has rules in force before anything is up", async () => {
    await bring();
    const { log } = world();
    assert.ok(log.indexOf("load rules anew") < log.findIndex((words) => words.startsWith("set device")));
  });

  it("says and mends what somebody else broke, as soon as it is asked", async () => {
    await bring();
    await bring();
    world().removeLink("sw-vx4097");
    world().rules = null;
    world().touchRules(null);
    world().tell(null, "state");
    await Promise.resolve();
    assert.ok(disturbances > 0);
    const { findings } = await bring();
    assert.deepEqual(findings, [
      `network blue: the table of packet rules was missing`,
      `network blue: device sw-vx4097 was missing`,
    ]);
    assert.ok(world().rules !== null);
    assert.ok([...world().neighbours.keys()].some((key) => key.startsWith("10.5.0.6 ")));
  });

  it("mends silent damage when everything is looked at", async () => {
    await bring();
    world().neighbours.clear();
    assert.deepEqual((await bring()).findings, []);
    const { findings } = await bring([table], tasks, "everything");
    assert.equal(findings.length, 1);
    assert.equal(world().neighbours.size, 6);
  });

  it("makes the namespace anew when somebody took it away", async () => {
    await bring();
    await namespaces.remove(PATH);
    await bring();
    assert.ok(world().links.get("sw-vx4097")?.up);
    assert.equal(insideOf(tasks[0]).links.get("eth0")?.up, true);
  });

  it("blames one task for what goes wrong with it, and serves the others", async () => {
    await namespaces.remove(tasks[0]?.namespacePath ?? "");
    const { byTask } = await bring();
    assert.deepEqual([...byTask.keys()], [here.taskId]);
    assert.equal(insideOf(tasks[1]).links.get("eth0")?.up, true);
  });

  it("fails the tasks of a network whose own device cannot be made, and of no other", async () => {
    namespaces.host.fail = { words: /sw-vx4097/, why: "No buffer space available", times: 9 };
    const red = userTable({ name: "red", vni: 5_000, endpoints: [beside] });
    const local = new Map([
      [BLUE, tasks.slice(0, 1)],
      [wireId("red"), tasks.slice(1)],
    ]);
    const { byTask } = await networks.bring({ tables: [table, red], tasks: local, facts, links }, "known");
    assert.deepEqual([...byTask.keys()], [here.taskId]);
    assert.equal(insideOf(tasks[1]).links.get("eth0")?.up, true);
  });

  it("tells running tasks of a block that the network grew by", async () => {
    await bring();
    const blocks = [
      { cidr: "10.5.0.0/24", gateway: "10.5.0.1" },
      { cidr: "10.77.0.0/24", gateway: "10.77.0.1" },
    ];
    await bring([userTable({ endpoints: [here, beside, there], services, blocks })]);
    const routes = [...insideOf(tasks[1]).routes.values()].map(({ destination, via }) => `${destination} ${via}`);
    assert.ok(routes.includes("10.77.0.0/24 10.5.0.1"));
  });

  it("takes a task's link away when it leaves the network while it runs", async () => {
    await bring();
    await bring([table], tasks.slice(0, 1));
    assert.ok(!world().links.has("swn-beside00000"));
    assert.ok(!insideOf(tasks[1]).links.has("eth0"));
  });

  it("leaves the link of a task that has gone to the kernel, and takes it back when the task returns", async () => {
    await bring();
    const [stays, goes] = tasks as [LocalTask, LocalTask];
    const without = {
      ...{ tables: [table], tasks: new Map([[BLUE, [stays]]]), facts },
      links: new Set([stays.link]),
    };
    world().log.length = 0;
    assert.deepEqual(await networks.bring(without, "known"), { findings: [], byTask: new Map() });
    assert.deepEqual(
      world().log.filter((words) => words.includes("device")),
      [],
    );
    // Its namespace, and then it is made anew.
    namespaces.named.delete(goes.namespacePath);
    await namespaces.make(goes.namespacePath);
    assert.deepEqual((await bring()).byTask, new Map());
    assert.equal(insideOf(goes).links.get("eth0")?.up, true);
    await networks.bring(without, "known");
    await networks.bring(without, "everything");
    assert.ok(!world().links.has(goes.link), "what the kernel has not taken away");
  });

  it("forgets connections to a task that has gone, and unanswered ones to a task that drains", async () => {
    await bring();
    const draining = { ...beside, state: "DRAINING" as const };
    await bring([{ ...table, endpoints: [here, draining] }], tasks);
    assert.deepEqual(
      world().forgotten.map((pattern) => pattern.kind === "backend" && `${pattern.address} ${pattern.unanswered}`),
      ["10.5.0.5 true", "fd00:5::5 true", "10.5.0.6 false", "fd00:5::6 false"],
    );
  });
});
