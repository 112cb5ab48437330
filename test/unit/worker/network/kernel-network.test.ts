import assert from "node:assert/strict";
import { beforeEach, describe, it } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { silentLogger } from "../../../../shared/log.ts";
import { KernelNetwork, TABLE_WAIT_MS } from "../../../../worker/network/kernel-network.ts";
import { FakeNetworkKernel } from "../../../support/fake-network-kernel.ts";
import { hostOf, ingressTable, networkTask, nodeIdOf, port, taskIdOf } from "../../../support/network-objects.ts";
import { VirtualClock } from "../../../support/virtual-clock.ts";

const hosts = [hostOf(1), hostOf(2), hostOf(3)];
const remote = { id: taskIdOf("web1"), host: hostOf(2) };
const local = { id: taskIdOf("web2"), host: hostOf(1) };
const localTask = networkTask("web2", { ingressAddress: "10.0.0.12/24" });

describe("kernel network", () => {
  let kernel: FakeNetworkKernel;
  let clock: VirtualClock;
  let network: KernelNetwork;
  const restart = (): KernelNetwork =>
    new KernelNetwork({ nodeId: nodeIdOf(1) }, { runner: kernel, files: kernel, clock, log: silentLogger });

  beforeEach(() => {
    kernel = new FakeNetworkKernel();
    clock = new VirtualClock();
    network = restart();
  });

  it("does nothing before it has been given tables", async () => {
    assert.deepEqual(await network.repair(), []);
    assert.deepEqual(kernel.ours(), []);
    assert.equal(kernel.rules, null);
  });

  it("changes nothing when it is given the same tables again", async () => {
    await network.apply([ingressTable(hosts, { tasks: [remote] })]);
    const before = { ours: kernel.ours(), rules: kernel.rules };
    kernel.commands.length = 0;
    await network.apply([ingressTable(hosts, { tasks: [remote] })]);
    assert.deepEqual({ ours: kernel.ours(), rules: kernel.rules }, before);
    const changes = kernel.commands.filter((words) => /-force|nft -f|conntrack/.test(words));
    assert.deepEqual(changes, []);
  });

  it("costs three processes to find nothing wrong", async () => {
    await network.apply([ingressTable(hosts, { tasks: [remote] })]);
    await network.repair();
    kernel.commands.length = 0;
    assert.deepEqual(await network.repair(), []);
    assert.equal(kernel.commands.length, 3, kernel.commands.join("\n"));
  });

  it("shares one run among callers that come during another", async () => {
    const tables = [remote, local].map((task) => [ingressTable(hosts, { tasks: [task] })]);
    await Promise.all([...tables, ...tables, ...tables].map((table) => network.apply(table)));
    const loads = kernel.commands.filter((words) => words === "nft -f -");
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
    });
    assert.deepEqual(kernel.namespaces.get("swarm-web2xxxxxxxx")?.lines, [
      "link set dev lo up",
      "link set dev eth0 up",
      "address replace 10.0.0.12/24 dev eth0 noprefixroute",
      "neighbour replace 10.0.0.1 lladdr 02:42:0a:00:00:01 dev eth0 nud permanent",
      "route replace 10.0.0.1/32 dev eth0 scope link",
      "route replace default via 10.0.0.1 dev eth0 src 10.0.0.12",
    ]);
    assert.match(kernel.rules ?? "", /dnat to 10\.0\.0\.12:8080/);
  });

  it("leads a task on networks of its own to this host's DNS server, and no other", async () => {
    await network.apply([ingressTable(hosts, { tasks: [local] })]);
    const named = networkTask("web2", { ingressAddress: "10.0.0.12/24", networkIds: ["backend"] });
    assert.equal((await network.attach(named)).resolver, "127.0.0.11");
    const mighty = networkTask("mighty", { networkIds: ["backend"], capabilityAdd: ["cap_net_admin"] });
    assert.equal((await network.attach(mighty)).resolver, "127.0.0.11");
    assert.equal((await network.attach(networkTask("plain"))).resolver, null);
    const said = (name: string): string => kernel.taskRules.get(`swarm-${name}`)?.join("\n") ?? "";
    const gateway = await network.resolverAddress();
    for (const name of ["web2xxxxxxxx", "mightyxxxxxx"]) {
      assert.ok(said(name).includes(`udp dport 53 dnat to ${gateway}:53`));
      assert.match(said(name), /sysctl -q -w net\.ipv4\.conf\.eth0\.route_localnet=1/);
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
    const run = kernel.run.bind(kernel);
    kernel.run = async (argv, options) => {
      for (const [, device = ""] of String(options?.input ?? "").matchAll(/^link set dev (sw\S+) up$/gm)) {
        const task = /^sw[ie]-/.test(device) ? `"${device}" . 02:42:` : "";
        assert.ok(kernel.rules?.includes(`set tasks {\n    typeof iifname . ether saddr . ip saddr\n`), device);
        assert.ok(kernel.rules?.includes(task), `${device} has its address in the rules`);
        if (device !== "sw-egress") assert.equal(kernel.sysctls.get(`net/ipv4/conf/${device}/arp_ignore`), "8");
        cameUp.push(device);
      }
      return await run(argv, options);
    };
    await network.apply([ingressTable(hosts, { tasks: [local] })]);
    await Promise.all([network.attach(localTask), network.attach(networkTask("plain"))]);
    assert.deepEqual(cameUp.toSorted(), ["sw-egress", "sw-vx4096", "swe-plainxxxxxx", "swi-web2xxxxxxx"]);
  });

  it("brings no device up while the packet rules cannot be loaded", async () => {
    kernel.fail = { words: /^nft -f/, stderr: "Operation not supported", times: 9 };
    await assert.rejects(network.apply([ingressTable(hosts)]), /"nft -f -" failed: Operation not supported/);
    const up = [...kernel.links].filter(([name, link]) => name.startsWith("sw") && link.up);
    assert.deepEqual(up, []);
  });

  it("loads the rules anew when somebody took away what was to be changed", async () => {
    await network.apply([]);
    kernel.rules = null;
    await network.attach(networkTask("plain"));
    assert.match(kernel.rules ?? "", /"swe-plainxxxxxx" \. 02:42:ac:1f:f0:02 \. 172\.31\.240\.2/);
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
      message: /has not got the table/,
    });
    await clock.run(TABLE_WAIT_MS + 1);
    await refusal;
    assert.equal(kernel.records.size, 0);
  });

  it("refuses a host-mode port that the mesh, another task or another program has", async () => {
    kernel.listeners = "tcp LISTEN 0 128 0.0.0.0:22 0.0.0.0:*\n";
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
    kernel.fail = { words: /^nsenter --net=\/netns\/swarm-web2/, stderr: "Operation not permitted", times: 2 };
    const [failed, other] = await Promise.allSettled([network.attach(localTask), network.attach(networkTask("plain"))]);
    assert.equal(other.status, "fulfilled");
    assert.match(String(failed.status === "rejected" && failed.reason), /web2x+ could not be set up: .*not permitted/);
    await network.detach(taskIdOf("plain"));
    assert.deepEqual(kernel.ours(), before);
    assert.deepEqual([kernel.records.size, kernel.namespaces.size], [0, 0]);
  });

  it("finishes a task's link that was only half made, be it by a failure or by an earlier daemon", async () => {
    await network.apply([ingressTable(hosts, { tasks: [local] })]);
    kernel.fail = { words: /^nsenter/, stderr: "passing trouble", times: 1 };
    await network.attach(localTask);
    const before = kernel.ours();
    const inside = kernel.namespaces.get("swarm-web2xxxxxxxx")?.lines;
    assert.ok(inside?.some((line) => line.startsWith("route replace default")));

    kernel.namespaces.set("swarm-web2xxxxxxxx", { mounted: true, lines: [] });
    Object.assign(kernel.links.get("swi-web2xxxxxxx") ?? {}, { up: false });
    network = restart();
    await network.apply([ingressTable(hosts, { tasks: [local] })]);
    assert.deepEqual(kernel.namespaces.get("swarm-web2xxxxxxxx")?.lines, inside);
    assert.deepEqual(kernel.ours(), before);
  });

  it("tries again when one line was refused, and tells which when that does not help", async () => {
    kernel.fail = { words: /^ip -force/, stderr: "RTNETLINK answers: Busy\nCommand failed -:1\n", times: 1 };
    await network.apply([ingressTable(hosts)]);
    kernel.links.set("sw-vx4096", { up: true, mtu: 1, mac: "", kind: "dummy", vxlan: null });
    kernel.removeLink = () => {
      throw new Error("RTNETLINK answers: Operation not permitted");
    };
    await assert.rejects(
      network.apply([ingressTable(hosts)]),
      /could not be applied: ip link del dev sw-vx4096: RTNETLINK answers: Operation not permitted/,
    );
  });

  it("after a restart finds its tasks and disturbs nothing", async () => {
    const tables = [ingressTable(hosts, { tasks: [remote, local] })];
    await network.apply(tables);
    const answers = [await network.attach(localTask), await network.attach(networkTask("plain"))];
    const before = { ours: kernel.ours(), rules: kernel.rules };
    network = restart();
    assert.deepEqual(await network.attached(), [localTask.id, taskIdOf("plain")]);
    kernel.commands.length = 0;
    await network.apply(tables);
    assert.deepEqual([await network.attach(localTask), await network.attach(networkTask("plain"))], answers);
    assert.deepEqual({ ours: kernel.ours(), rules: kernel.rules }, before);
    assert.ok(!kernel.commands.some((words) => words.includes("-force")), kernel.commands.join("\n"));
  });

  it("leaves a task's network alone while its table is missing", async () => {
    await network.apply([ingressTable(hosts, { tasks: [local] })]);
    await network.attach(localTask);
    await network.apply([]);
    assert.ok(kernel.links.has("swi-web2xxxxxxx"));
    assert.ok(!kernel.links.has("sw-vx4096"));
    assert.ok([...kernel.routes].some((route) => route.startsWith("10.0.0.12 dev swi-web2xxxxxxx")));
  });

  it("forgets the connections of a backend when it goes, and when it drains only those it has not answered", async () => {
    const forgotten = (): readonly string[] => kernel.commands.filter((words) => words.startsWith("conntrack"));
    await network.apply([ingressTable(hosts, { tasks: [remote] })]);
    await network.apply([ingressTable(hosts, { tasks: [{ ...remote, state: "DRAINING" }] })]);
    const unanswered = "conntrack -D --proto tcp --state SYN_SENT --reply-src 10.0.0.11";
    assert.deepEqual(forgotten(), [unanswered]);
    await network.apply([ingressTable(hosts)]);
    assert.deepEqual(forgotten(), [unanswered, "conntrack -D --reply-src 10.0.0.11"]);
  });

  it("forgets unanswered UDP exchanges when a port opens", async () => {
    await network.apply([ingressTable(hosts)]);
    await network.apply([ingressTable(hosts, { tasks: [remote] })]);
    const forgotten = kernel.commands.filter((words) => words.startsWith("conntrack"));
    assert.deepEqual(forgotten, ["conntrack -D --proto udp --orig-port-dst 53"]);
  });

  it("makes the overlay device anew when its port or the host's address changes", async () => {
    await network.apply([ingressTable(hosts, { tasks: [remote] })]);
    const before = kernel.ours().length;
    const moved = hosts.with(0, { ...hostOf(1), ingressAddress: "10.0.0.99" });
    await network.apply([ingressTable(moved, { tasks: [remote], dataPathPort: 4790 })]);
    assert.deepEqual(kernel.links.get("sw-vx4096")?.vxlan, { id: 4096, port: 4790, local: "10.98.0.1" });
    assert.equal(kernel.links.get("sw-vx4096")?.mac, "02:42:0a:00:00:63");
    assert.equal(kernel.ours().length, before);
    assert.deepEqual(await network.repair(), []);
  });

  it("warns once about rules of others that drop what is forwarded", async () => {
    kernel.chains = JSON.stringify({
      nftables: [
        { chain: { family: "ip", table: "filter", name: "FORWARD", hook: "forward", policy: "drop" } },
        { chain: { family: "ip", table: "swarm", name: "forward", hook: "forward", policy: "accept" } },
      ],
    });
    await network.apply([]);
    const findings: string[] = [];
    for (let round = 0; round < 30; round++) findings.push(...(await network.repair()));
    assert.equal(findings.length, 1);
    assert.match(findings[0] ?? "", /ip filter FORWARD/);
  });

  it("leaves no namespace of a task that goes while a repair is under way", async () => {
    await network.apply([]);
    await network.attach(networkTask("plain"));
    const run = kernel.run.bind(kernel);
    const looking = Promise.withResolvers<void>();
    kernel.run = async (argv, options) => {
      if (argv.join(" ") === "ip -j -d -batch -") {
        looking.resolve();
        // The repair sees the kernel as it is once the task has left the book.
        while (kernel.records.size > 0) await turn();
        for (let turns = 0; turns < 5; turns++) await turn();
      }
      return await run(argv, options);
    };
    const repairing = network.repair();
    await looking.promise;
    await Promise.all([repairing, network.detach(taskIdOf("plain"))]);
    assert.deepEqual([...kernel.namespaces.keys()], []);
    assert.ok(!kernel.links.has("swe-plainxxxxxx"));
  });

  it("sweeps namespaces that no task owns, whoever made them, and keeps others", async () => {
    await network.apply([]);
    await network.attach(networkTask("plain"));
    kernel.namespaces.set("swarm-strayxxxxxxx", { mounted: true, lines: [] });
    network = restart();
    const findings = await network.repair();
    assert.deepEqual([...kernel.namespaces.keys()], ["swarm-plainxxxxxxx"], "before any table is known");
    assert.deepEqual(findings, ["namespace swarm-strayxxxxxxx belonged to no task"]);
    assert.deepEqual(await network.repair(), []);
  });

  it("takes everything of its own away, also what a crashed daemon left, and nothing else", async () => {
    await network.apply([ingressTable(hosts, { tasks: [remote, local] })]);
    await network.attach(localTask);
    await network.attach(networkTask("plain"));
    kernel.routes.add("unreachable 10.50.0.0/24 proto boot");
    await restart().teardown();
    assert.deepEqual(kernel.ours(), ["unreachable 10.50.0.0/24 proto boot"]);
    assert.deepEqual([kernel.rules, kernel.records.size, kernel.namespaces.size], [null, 0, 0]);
    assert.ok(kernel.links.has("eth0"));
  });
});
