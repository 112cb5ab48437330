import assert from "node:assert/strict";
import { beforeEach, describe, it } from "node:test";
import { mustHave } from "../../../../shared/invariant.ts";
import { silentLogger } from "../../../../shared/log.ts";
import { routeText } from "../../../../worker/netlink/change.ts";
import { KernelNetwork } from "../../../../worker/network/kernel-network.ts";
import { TABLE_WAIT_MS } from "../../../../worker/network/known-tables.ts";
import { FakeHostNetwork } from "../../../support/fake-host-network.ts";
import {
  hostOf,
  ingressTable,
  listener,
  networkTask,
  nodeIdOf,
  port,
  taskIdOf,
} from "../../../support/network-objects.ts";
import { userTable, wireId } from "../../../support/user-network-objects.ts";
import { VirtualClock } from "../../../support/virtual-clock.ts";

const hosts = [hostOf(1), hostOf(2), hostOf(3)];
const remote = { id: taskIdOf("web1"), host: hostOf(2) };
const local = { id: taskIdOf("web2"), host: hostOf(1) };
const BLUE = wireId("blue");
const localTask = networkTask("web2", { ingressAddress: "10.0.0.12/24" });

describe("kernel network", () => {
  let kernel: FakeHostNetwork;
  let clock: VirtualClock;
  let network: KernelNetwork;
  const restart = (): KernelNetwork =>
    new KernelNetwork(
      { nodeId: nodeIdOf(1) },
      { namespaces: kernel.namespaces, files: kernel, clock, log: silentLogger },
    );

  beforeEach(() => {
    kernel = new FakeHostNetwork();
    clock = new VirtualClock();
    network = restart();
  });

  it("does nothing before it has been given tables", async () => {
    assert.deepEqual(await network.repair(), []);
    assert.deepEqual(kernel.ours(), []);
    assert.equal(kernel.host.rules, null);
  });

  it("changes nothing when it is given the same tables again", async () => {
    await network.apply([ingressTable(hosts, { tasks: [remote] })]);
    const before = { ours: kernel.ours(), rules: kernel.host.rules };
    kernel.host.log.length = 0;
    kernel.host.forgotten.length = 0;
    await network.apply([ingressTable(hosts, { tasks: [remote] })]);
    assert.deepEqual({ ours: kernel.ours(), rules: kernel.host.rules }, before);
    assert.deepEqual([...kernel.host.log, ...kernel.host.forgotten], []);
  });

  it("changes nothing when nothing is wrong", async () => {
    await network.apply([ingressTable(hosts, { tasks: [remote] })]);
    await network.repair();
    kernel.host.log.length = 0;
    assert.deepEqual([...(await network.repair()), ...(await network.repair("known"))], []);
    assert.deepEqual(kernel.host.log, []);
  });

  it("hears what others change, and looks again also at what comes during a look", async () => {
    await network.apply([ingressTable(hosts, { tasks: [remote] })]);
    await network.repair();
    const somebody = kernel.namespaces.own();
    const device = "sw-vx4096";
    for (let times = 0; times < 2; times++) {
      const looking = times === 0 ? [] : network.repair("known");
      await somebody.change([{ kind: "removeLink", device }]);
      await network.disturbance();
      const findings = [...(await looking), ...(await network.repair("known"))];
      assert.deepEqual(findings, [`device ${device} was missing`]);
    }
  });

  it("tells damage that another run than a repair mended", async () => {
    const tables = [ingressTable(hosts, { tasks: [remote] })];
    await network.apply(tables);
    await network.apply(tables);
    kernel.host.removeLink("sw-vx4096");
    await network.apply(tables);
    assert.ok(kernel.host.links.has("sw-vx4096"));
    assert.deepEqual(await network.repair("known"), ["device sw-vx4096 was missing"]);
  });

  it("shares one run among callers that come during another", async () => {
    const tables = [remote, local].map((task) => [ingressTable(hosts, { tasks: [task] })]);
    await Promise.all([...tables, ...tables, ...tables].map((table) => network.apply(table)));
    const loads = kernel.host.log.filter((words) => words.startsWith("load rules"));
    assert.ok(loads.length <= 2, `${loads.length} loads for six calls`);
  });

  it("takes a task that is just coming or going for work to do, not for damage", async () => {
    await network.apply([ingressTable(hosts, { tasks: [local] })]);
    const [, whileComing] = await Promise.all([network.attach(localTask), network.repair()]);
    const [, whileGoing] = await Promise.all([network.detach(local.id), network.repair()]);
    assert.deepEqual([...whileComing, ...whileGoing], []);
  });

  it("attaches a task to the ingress network with its address, its host's as gateway", async () => {
    await network.apply([ingressTable(hosts, { tasks: [local] })]);
    const answer = await network.attach(localTask);
    assert.deepEqual(answer, {
      address: "10.0.0.12",
      namespacePath: "/netns/swarm-web2xxxxxxxx",
      hostPorts: [],
      resolver: null,
      nameservers: ["10.9.9.9"],
      hostAddress: "172.31.240.1",
    });
    const inside = kernel.namespaces.named.get("/netns/swarm-web2xxxxxxxx")?.state();
    assert.deepEqual(inside?.addresses, [{ device: "eth0", cidr: "10.0.0.12/24" }]);
    assert.deepEqual(
      inside?.links.map(({ name, up, mac }) => [name, up, mac]),
      [
        ["lo", true, "00:00:00:00:00:00"],
        ["eth0", true, "02:42:0a:00:00:0c"],
      ],
    );
    assert.deepEqual(inside?.routes.map(routeText), [
      "10.0.0.1 dev eth0 proto 3",
      "0.0.0.0/0 via 10.0.0.1 dev eth0 proto 3 src 10.0.0.12",
    ]);
    assert.deepEqual(inside?.neighbours, [{ device: "eth0", address: "10.0.0.1", mac: "02:42:0a:00:00:01" }]);
    assert.match(kernel.host.rules ?? "", /dnat to 10\.0\.0\.12:8080/);
  });

  it("leads a task on networks of its own to this host's DNS server, and no other", async () => {
    await network.apply([ingressTable(hosts, { tasks: [local] }), userTable()]);
    const networks = [{ networkId: BLUE, address: "10.5.0.4/24" }];
    const named = networkTask("web2", { ingressAddress: "10.0.0.12/24", networks });
    assert.equal((await network.attach(named)).resolver, "127.0.0.11");
    const mighty = networkTask("mighty", { networks, capabilityAdd: ["cap_net_admin"] });
    assert.equal((await network.attach(mighty)).resolver, "127.0.0.11");
    assert.equal((await network.attach(networkTask("plain"))).resolver, null);
    const inside = (name: string) => mustHave(kernel.namespaces.named.get(`/netns/swarm-${name}`), name);
    const said = (name: string): string => inside(name).rules ?? "";
    const gateway = await network.resolverAddress();
    for (const name of ["web2xxxxxxxx", "mightyxxxxxx"]) {
      assert.ok(said(name).includes(`udp dport 53 dnat to ${gateway}:53`));
      assert.equal(inside(name).settings.get("net/ipv4/conf/all/route_localnet"), "1");
    }
    assert.match(said("web2xxxxxxxx"), /notrack/);
    assert.doesNotMatch(said("mightyxxxxxx"), /notrack/);
    assert.equal(said("plainxxxxxxx"), "");
  });

  it("knows whose an address is, also after a restart, until the task has gone", async () => {
    await network.apply([ingressTable(hosts, { tasks: [local] })]);
    const { address } = await network.attach(networkTask("plain"));
    assert.equal(network.taskAt(address), taskIdOf("plain"));
    assert.equal(network.taskAt("10.98.0.1"), null);
    network = restart();
    await network.repair();
    assert.equal(network.taskAt(address), taskIdOf("plain"));
    await network.detach(taskIdOf("plain"));
    assert.equal(network.taskAt(address), null);
  });

  it("attaches the same task once, however often and however concurrently it is asked", async () => {
    await network.apply([]);
    const task = networkTask("plain", { ports: [port("TCP", 0, 80, "HOST")] });
    const answers = await Promise.all([network.attach(task), network.attach(task)]);
    answers.push(await network.attach(task));
    assert.equal(new Set(answers.map((answer) => JSON.stringify(answer))).size, 1);
    assert.equal(kernel.records.size, 1);
  });

  it("brings no device up before its settings and the packet rules are in force", async () => {
    const cameUp: string[] = [];
    kernel.host.onChange = (change) => {
      if (change.kind !== "setUp") return;
      const { device } = change;
      const task = /^sw[ie]-/.test(device) ? `"${device}" . 02:42:` : "";
      assert.ok(kernel.host.rules?.includes(`set tasks {\n    typeof iifname . ether saddr . ip saddr\n`), device);
      assert.ok(kernel.host.rules?.includes(task), `${device} has its address in the rules`);
      if (device !== "sw-egress") assert.equal(kernel.host.settings.get(`net/ipv4/conf/${device}/arp_ignore`), "8");
      cameUp.push(device);
    };
    await network.apply([ingressTable(hosts, { tasks: [local] })]);
    await Promise.all([network.attach(localTask), network.attach(networkTask("plain"))]);
    assert.deepEqual(cameUp.toSorted(), ["sw-egress", "sw-vx4096", "swe-plainxxxxxx", "swi-web2xxxxxxx"]);
  });

  it("leads ports to nobody whose route is about to go, and to a new task only when its route is there", async () => {
    const third = { id: taskIdOf("web3"), host: hostOf(3) };
    await network.apply([ingressTable(hosts, { tasks: [remote, local], ports: [port("TCP", 80, 8080)] })]);
    kernel.host.log.length = 0;
    await network.apply([ingressTable(hosts, { tasks: [third, local], ports: [port("TCP", 80, 8080)] })]);
    const order = kernel.host.log.map((line) => /^load rules|10\.0\.0\.1[13]/.exec(line)?.[0] ?? "");
    const changes = order.filter((word) => word !== "");
    assert.deepEqual([changes[0], changes.at(-1), order.indexOf("10.0.0.11") > 0], ["load rules", "load rules", true]);
    assert.equal(changes.filter((word) => word === "load rules").length, 2);
  });

  it("brings no device up while the packet rules cannot be loaded", async () => {
    kernel.host.fail = { words: /^load rules/, why: "Operation not supported", times: 9 };
    await assert.rejects(network.apply([ingressTable(hosts)]), /refuses the packet rules: Operation not supported/);
    const up = [...kernel.host.links].filter(([name, link]) => name.startsWith("sw") && link.up);
    assert.deepEqual(up, []);
  });

  it("loads the rules anew when somebody took away what was to be changed", async () => {
    await network.apply([]);
    kernel.host.rules = null;
    kernel.host.touchRules(null);
    await network.attach(networkTask("plain"));
    assert.match(kernel.host.rules ?? "", /"swe-plainxxxxxx" \. 02:42:ac:1f:f0:02 \. 172\.31\.240\.2/);
  });

  it("gives tasks without ingress ports addresses of their own", async () => {
    await network.apply([]);
    await Promise.all(["a", "b", "c"].map((name) => network.attach(networkTask(name))));
    assert.equal((await network.attach(networkTask("a"))).address, "172.31.240.2");
    const cidrs = [...kernel.records.values()].map((text) => (JSON.parse(text) as { cidr: string }).cidr);
    assert.deepEqual(cidrs.toSorted(), ["172.31.240.2/20", "172.31.240.3/20", "172.31.240.4/20"]);
  });

  it("waits for the table of a task's network", async () => {
    let attached = false;
    const attaching = network.attach(localTask).then(() => {
      attached = true;
    });
    await clock.run(TABLE_WAIT_MS / 2);
    assert.equal(attached, false);
    await network.apply([ingressTable(hosts, { tasks: [local] })]);
    await attaching;
    assert.deepEqual(clock.pending, [], "no timer is left behind");
  });

  it("says so when the table of a task's network does not come", async () => {
    await network.apply([]);
    const refusal = assert.rejects(network.attach(localTask), {
      code: "unavailable",
      message: /has not got the table of network \S+ from the managers .*`swarmctl info` says .* locked, unlock it$/,
    });
    await clock.run(TABLE_WAIT_MS + 1);
    await refusal;
    assert.equal(kernel.records.size, 0);
  });

  it("refuses a host-mode port that the mesh, another task or another program has", async () => {
    kernel.host.listeners = [listener("tcp", 22)];
    await network.apply([ingressTable(hosts, { tasks: [remote] })]);
    await network.attach(networkTask("first", { ports: [port("TCP", 8000, 80, "HOST")] }));
    for (const [number, owner] of [
      [22, /another program/],
      [80, /the routing mesh/],
      [8000, /task first/],
    ] as const)
      await assert.rejects(network.attach(networkTask("rival", { ports: [port("TCP", number, 80, "HOST")] })), owner);
    assert.deepEqual(await network.attached(), [taskIdOf("first")]);
  });

  it("leaves nothing of a task whose namespace could not be set up, and others unharmed", async () => {
    await network.apply([ingressTable(hosts, { tasks: [local] })]);
    const before = kernel.ours();
    kernel.namespaces.failInside = { words: /add address 10\.0\.0\.12/, why: "Operation not permitted", times: 2 };
    const [failed, other] = await Promise.allSettled([network.attach(localTask), network.attach(networkTask("plain"))]);
    assert.equal(other.status, "fulfilled");
    assert.match(String(failed.status === "rejected" && failed.reason), /web2x+ could not be set up: .*not permitted/);
    await network.detach(taskIdOf("plain"));
    assert.deepEqual(kernel.ours(), before);
    assert.deepEqual([kernel.records.size, kernel.namespaces.named.size], [0, 0]);
  });

  it("finishes a task's link that was only half made, be it by a failure or by an earlier daemon", async () => {
    await network.apply([ingressTable(hosts, { tasks: [local] })]);
    kernel.namespaces.failInside = { words: /add address/, why: "passing trouble", times: 1 };
    await network.attach(localTask);
    const before = kernel.ours();
    const inside = (): unknown => kernel.namespaces.named.get("/netns/swarm-web2xxxxxxxx")?.state();
    const finished = inside();
    assert.match(JSON.stringify(finished), /0\.0\.0\.0\/0/);

    const world = mustHave(kernel.namespaces.named.get("/netns/swarm-web2xxxxxxxx"), "namespace");
    for (const map of [world.addresses, world.routes, world.neighbours]) map.clear();
    Object.assign(kernel.host.links.get("swi-web2xxxxxxx") ?? {}, { up: false });
    network = restart();
    await network.apply([ingressTable(hosts, { tasks: [local] })]);
    assert.deepEqual(inside(), finished);
    assert.deepEqual(kernel.ours(), before);
  });

  it("tries again when one change was refused, and tells which when that does not help", async () => {
    kernel.host.fail = { words: /^make vxlan device/, why: "Device or resource busy", times: 1 };
    await network.apply([ingressTable(hosts)]);
    const wrong = { up: true, mtu: 1, mac: "", kind: "dummy", vxlan: null };
    kernel.host.links.set("sw-vx4096", { name: "sw-vx4096", ...wrong });
    kernel.host.fail = { words: /^remove device/, why: "Operation not permitted", times: 9 };
    await assert.rejects(
      network.apply([ingressTable(hosts)]),
      /could not be applied: cannot remove device sw-vx4096: Operation not permitted/,
    );
  });

  it("after a restart finds its tasks and disturbs nothing", async () => {
    const tables = [ingressTable(hosts, { tasks: [remote, local] })];
    await network.apply(tables);
    const answers = [await network.attach(localTask), await network.attach(networkTask("plain"))];
    const before = { ours: kernel.ours(), rules: kernel.host.rules };
    network = restart();
    assert.deepEqual(await network.attached(), [localTask.id, taskIdOf("plain")]);
    kernel.host.log.length = 0;
    await network.apply(tables);
    assert.deepEqual([await network.attach(localTask), await network.attach(networkTask("plain"))], answers);
    assert.deepEqual({ ours: kernel.ours(), rules: kernel.host.rules }, before);
    assert.deepEqual(kernel.host.log, ["load rules anew"]);
  });

  it("leaves a task's network alone while its table is missing", async () => {
    await network.apply([ingressTable(hosts, { tasks: [local] })]);
    await network.attach(localTask);
    await network.apply([]);
    assert.ok(kernel.host.links.has("swi-web2xxxxxxx"));
    assert.ok(!kernel.host.links.has("sw-vx4096"));
    assert.ok([...kernel.host.routes.keys()].some((route) => route.startsWith("10.0.0.12 dev swi-web2xxxxxxx")));
  });

  it("makes the overlay device anew when its port or the host's address changes", async () => {
    await network.apply([ingressTable(hosts, { tasks: [remote] })]);
    const before = kernel.ours().length;
    const moved = hosts.with(0, { ...hostOf(1), ingressAddress: "10.0.0.99" });
    await network.apply([ingressTable(moved, { tasks: [remote], dataPathPort: 4790 })]);
    assert.deepEqual(kernel.host.links.get("sw-vx4096")?.vxlan, { vni: 4096, port: 4790, local: "10.98.0.1" });
    assert.equal(kernel.host.links.get("sw-vx4096")?.mac, "02:42:0a:00:00:63");
    assert.equal(kernel.ours().length, before);
    assert.deepEqual(await network.repair(), []);
  });

  it("warns once about rules of others that drop what is forwarded", async () => {
    kernel.host.forwardDrops = ["ip filter FORWARD"];
    await network.apply([]);
    const findings: string[] = [];
    for (let round = 0; round < 30; round++) findings.push(...(await network.repair()));
    assert.equal(findings.length, 1);
    assert.match(findings[0] ?? "", /ip filter FORWARD/);
  });

  it("leaves no namespace of a task that goes while a repair is under way", async () => {
    await network.apply([]);
    await network.attach(networkTask("plain"));
    const state = kernel.host.state.bind(kernel.host);
    let detaching: Promise<void> | null = null;
    kernel.host.state = () => {
      // The task leaves the book while the repair looks.
      detaching ??= network.detach(taskIdOf("plain"));
      return state();
    };
    await network.repair();
    await detaching;
    assert.deepEqual(kernel.namespaceNames(), []);
    assert.ok(!kernel.host.links.has("swe-plainxxxxxx"));
  });

  it("sweeps namespaces that no task owns, whoever made them, and keeps others", async () => {
    await network.apply([]);
    await network.attach(networkTask("plain"));
    await kernel.namespaces.make("/netns/swarm-strayxxxxxxx");
    network = restart();
    const findings = await network.repair();
    assert.deepEqual(kernel.namespaceNames(), ["swarm-plainxxxxxxx"], "before any table is known");
    assert.deepEqual(findings, ["namespace swarm-strayxxxxxxx belonged to nothing here"]);
    assert.deepEqual(await network.repair(), []);
  });

  it("takes everything of its own away, also what a crashed daemon left, and nothing else", async () => {
    await network.apply([ingressTable(hosts, { tasks: [remote, local] })]);
    await network.attach(localTask);
    await network.attach(networkTask("plain"));
    const foreign = { kind: "unreachable", destination: "10.50.0.0/24", device: "", via: null, source: null } as const;
    kernel.host.routes.set("foreign", { ...foreign, protocol: 3 });
    await restart().teardown();
    assert.deepEqual(kernel.ours(), ["foreign"]);
    assert.deepEqual([kernel.host.rules, kernel.records.size, kernel.namespaces.named.size], [null, 0, 0]);
    assert.ok(kernel.host.links.has("eth0"));
  });
});
