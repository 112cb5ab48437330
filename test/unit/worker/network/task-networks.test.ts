import assert from "node:assert/strict";
import { beforeEach, describe, it } from "node:test";
import { silentLogger } from "../../../../shared/log.ts";
import type { NetworkTable } from "../../../../shared/rpc/gen/dispatcher.ts";
import { KernelNetwork } from "../../../../worker/network/kernel-network.ts";
import { FakeHostNetwork } from "../../../support/fake-host-network.ts";
import { hostOf, ingressTable, networkTask, nodeIdOf, taskIdOf } from "../../../support/network-objects.ts";
import { userTable, wireId } from "../../../support/user-network-objects.ts";
import { VirtualClock } from "../../../support/virtual-clock.ts";

const BLUE = wireId("blue");
const RED = wireId("red");
const blue = { networkId: BLUE, address: "10.5.0.4/24", address6: "fd00:5::4/64" };
const red = { networkId: RED, address: "10.5.0.4/24" };
const INSIDE = "/netns/swarm-appxxxxxxxxx";

describe("user networks of tasks", () => {
  let kernel: FakeHostNetwork;
  let network: KernelNetwork;
  const tables: readonly NetworkTable[] = [
    ingressTable([hostOf(1), hostOf(2)]),
    userTable(),
    userTable({ name: "red", vni: 5_000, internal: true }),
  ];
  const restart = (): KernelNetwork =>
    new KernelNetwork(
      { nodeId: nodeIdOf(1) },
      { namespaces: kernel.namespaces, files: kernel, clock: new VirtualClock(), log: silentLogger },
    );
  const app = (networks: Parameters<typeof networkTask>[1] & object = {}): ReturnType<typeof networkTask> =>
    networkTask("app", networks);
  /** Interfaces inside the task, with their addresses. */
  const inside = (): Record<string, readonly string[]> => {
    const state = kernel.namespaces.named.get(INSIDE)?.state();
    const names = (state?.links ?? []).map(({ name }) => name).filter((name) => name !== "lo");
    const on = (name: string) => state?.addresses.filter(({ device }) => device === name).map(({ cidr }) => cidr) ?? [];
    return Object.fromEntries(names.sort().map((name) => [name, on(name)]));
  };

  beforeEach(async () => {
    kernel = new FakeHostNetwork();
    network = restart();
    await network.apply(tables);
  });

  it("come first inside, and the link to the host last, with the way out", async () => {
    const answer = await network.attach(app({ networks: [blue, red] }));
    assert.equal(answer.address, "10.5.0.4");
    assert.deepEqual(inside(), {
      eth0: ["10.5.0.4/24", "fd00:5::4/64"],
      eth1: ["10.5.0.4/24"],
      eth2: ["172.31.240.2/20"],
    });
    const routes = kernel.namespaces.named.get(INSIDE)?.state().routes ?? [];
    assert.equal(routes.find(({ destination }) => destination === "0.0.0.0/0")?.device, "eth2");
  });

  it("are there again at once when the host's last task on them is replaced", async () => {
    await network.attach(app({ networks: [blue, red] }));
    await network.detach(taskIdOf("app"));
    await network.attach(app({ networks: [blue, red] }));
    await network.detach(taskIdOf("app"));
    // A daemon that has not made them itself takes them away as well.
    await network.attach(app({ networks: [blue] }));
    network.close();
    network = restart();
    await network.apply(tables);
    await network.detach(taskIdOf("app"));
    await network.attach(app({ networks: [blue] }));
    assert.deepEqual(Object.keys(inside()), ["eth0", "eth1"]);
  });

  it("come and go while the task runs, and leave its other interfaces as they are", async () => {
    await network.attach(app());
    assert.deepEqual(Object.keys(inside()), ["eth0"]);
    await network.update(app({ networks: [blue] }));
    assert.deepEqual(inside(), { eth0: ["172.31.240.2/20"], eth1: ["10.5.0.4/24", "fd00:5::4/64"] });
    await network.update(app({ networks: [red] }));
    assert.deepEqual(inside(), { eth0: ["172.31.240.2/20"], eth2: ["10.5.0.4/24"] });
    assert.deepEqual(
      kernel.namespaceNames().filter((name) => name.startsWith("swarm-net-")),
      [`swarm-net-${RED.slice(0, 12)}`],
    );
    await network.update(app());
    assert.deepEqual(Object.keys(inside()), ["eth0"]);
  });

  it("leave room for another link to the host, which a first published port brings and the last one takes", async () => {
    const published = { ingressAddress: "10.0.0.12/24" };
    await network.attach(app({ networks: [blue] }));
    assert.deepEqual(Object.keys(inside()), ["eth0", "eth1"]);
    await network.update(app({ networks: [blue, red], ...published }));
    assert.deepEqual(inside(), {
      eth0: ["10.5.0.4/24", "fd00:5::4/64"],
      eth2: ["10.5.0.4/24"],
      eth3: ["10.0.0.12/24", "172.31.240.2/20"],
    });
    // What it was called by is its own still, so that its questions for names are known to be its own.
    assert.equal(network.taskAt("172.31.240.2"), taskIdOf("app"));
    assert.match(kernel.host.rules ?? "", /"swi-appxxxxxxxx" \. \S+ \. 172\.31\.240\.2/);
    assert.ok(!kernel.host.links.has("swe-appxxxxxxxx"));
    const restarted = restart();
    await restarted.apply(tables);
    assert.deepEqual(await restarted.repair(), []);
    await restarted.update(app({ networks: [blue, red] }));
    assert.deepEqual(inside()["eth1"], ["172.31.240.2/20"]);
    assert.equal(restarted.taskAt("10.0.0.12"), null);
    // Before its way goes, so that peers hear of it, and once more after.
    const ends = kernel.namespaces.named.get(INSIDE)?.log.filter((words) => words.startsWith("end connections"));
    assert.deepEqual(ends, ["end connections of 10.0.0.12", "end connections of 10.0.0.12"]);
    const routes = kernel.namespaces.named.get(INSIDE)?.state().routes ?? [];
    assert.equal(routes.find(({ destination }) => destination === "0.0.0.0/0")?.device, "eth1");
  });

  it("have their names again after somebody removed the rules or settings that lead to them", async () => {
    await network.attach(app({ networks: [blue] }));
    const world = kernel.namespaces.named.get(INSIDE);
    assert.ok(world);
    const damages = [
      () => {
        world.rules = null;
      },
      () => world.settings.set("net/ipv4/conf/all/route_localnet", "0"),
    ];
    for (const damage of damages) {
      assert.deepEqual(await network.repair(), []);
      damage();
      assert.deepEqual(await network.repair(), [`what leads task ${taskIdOf("app")} to its name server was missing`]);
      assert.match(world.rules ?? "", /chain resolver/);
      assert.equal(world.settings.get("net/ipv4/conf/all/route_localnet"), "1");
    }
  });

  it("are nothing to change for a task that has none here", async () => {
    await network.update(app({ networks: [blue] }));
    assert.deepEqual(await network.attached(), []);
  });

  it("outlive the daemon", async () => {
    await network.attach(app({ networks: [blue, red] }));
    const before = inside();
    network = restart();
    kernel.host.log.length = 0;
    await network.apply(tables);
    assert.deepEqual(await network.repair(), []);
    assert.deepEqual(inside(), before);
    assert.deepEqual(
      kernel.host.log.filter((words) => words.startsWith("make")),
      [],
    );
  });

  it("go with their last task, namespace and all", async () => {
    await network.attach(app({ networks: [blue] }));
    await network.attach(networkTask("other", { networks: [{ ...blue, address: "10.5.0.5/24", address6: "" }] }));
    await network.detach(taskIdOf("app"));
    assert.ok(kernel.namespaceNames().includes(`swarm-net-${BLUE.slice(0, 12)}`));
    await network.detach(taskIdOf("other"));
    assert.deepEqual(kernel.namespaceNames(), []);
    assert.deepEqual(await network.repair(), []);
  });

  it("are taken away with everything else when the host leaves", async () => {
    await network.attach(app({ networks: [blue, red] }));
    await network.teardown();
    assert.deepEqual([...kernel.namespaceNames(), ...kernel.ours()], []);
  });

  it("are refused when they have the addresses of the host's own link to its tasks, and nothing is left", async () => {
    const near = { cidr: "172.31.240.0/24", gateway: "172.31.240.254" };
    await network.apply([...tables, userTable({ name: "near", vni: 5_001, blocks: [near] })]);
    await assert.rejects(
      network.attach(app({ networks: [{ networkId: wireId("near"), address: "172.31.240.4/24" }] })),
      {
        code: "failedPrecondition",
        message: /^network near \(172\.31\.240\.0\/24\) overlaps with 172\.31\.240\.0\/20, which this host needs/,
      },
    );
    assert.deepEqual(await network.attached(), []);
  });

  it("let a task out only if one of them has a way out", async () => {
    await network.attach(app({ networks: [red] }));
    assert.match(kernel.host.rules ?? "", /set closed \{\n +typeof iifname\n +elements = \{ "swe-appxxxxxxxx" \}/);
    await network.update(app({ networks: [red, blue] }));
    assert.doesNotMatch(kernel.host.rules ?? "", /set closed \{\n +typeof iifname\n +elements/);
  });

  it("do not keep a task that asks for one that cannot be made", async () => {
    kernel.host.fail = { words: /vxlan device sw-vx5000/, why: "No buffer space available", times: 9 };
    await assert.rejects(network.attach(app({ networks: [blue, red] })), /network of task .* could not be set up/);
    assert.deepEqual(await network.attached(), []);
    assert.deepEqual(kernel.namespaceNames(), []);
  });

  it("are those a task has now, even if it was changed while it was being attached", async () => {
    network = restart();
    const attached = network.attach(app({ networks: [blue] }));
    await network.update(app({ networks: [red] }));
    await network.apply(tables);
    await attached;
    assert.deepEqual(inside(), { eth0: ["10.5.0.4/24"], eth1: ["172.31.240.2/20"] });
  });

  it("are none at all with driver null: the task has loopback alone, which outlives the daemon too", async () => {
    const none = app({ networks: [{ networkId: wireId("none"), address: "", driver: "null" }] });
    const { namespacePath } = await network.attach(none);
    assert.equal(namespacePath, INSIDE);
    network = restart();
    await network.apply(tables);
    assert.deepEqual(await network.repair(), []);
    assert.deepEqual(inside(), {});
    assert.equal(kernel.namespaces.named.get(INSIDE)?.links.get("lo")?.up, true);
    assert.deepEqual(await network.attached(), [taskIdOf("app")]);
    await network.detach(taskIdOf("app"));
    assert.deepEqual(kernel.namespaceNames(), []);
  });

  it("are the host's own with driver host, for which nothing is made", async () => {
    const host = app({ networks: [{ networkId: wireId("host"), address: "", driver: "host" }] });
    const { namespacePath } = await network.attach(host);
    assert.equal(namespacePath, null);
    assert.deepEqual([await network.attached(), kernel.namespaceNames()], [[], []]);
  });

  it("are made of networks with addresses; others are no link of their own", async () => {
    const { address } = await network.attach(app({ networks: [{ networkId: wireId("bridge"), address: "" }] }));
    assert.deepEqual(inside(), { eth0: [`${address}/20`] });
  });
});
