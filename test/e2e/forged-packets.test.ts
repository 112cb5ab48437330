/** Who can put packets where they do not belong: strangers, tasks, programs of a host, a host that has turned bad. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import type { NetworkTable } from "../../shared/rpc/gen/dispatcher.ts";
import { ingressTable, port, networkTask as task } from "../support/network-objects.ts";
import { FENCE_PORT, type ForgedPacket } from "./forge-vxlan.ts";
import { BUSYBOX, type LabHost, type LabTask, NetworkLab, type Place } from "./network-lab.ts";

const SERVER = { tcp: 8080, udp: 5353 };
const WEB = 80;
/** Nothing listens there, nobody publishes it: what gets as far as the task is counted. */
const UNPUBLISHED = 7777;
/** Not VXLAN's usual one: the rules follow the swarm's. */
const DATA_PATH_PORT = 4790;

/** The MAC of an address of the ingress network; anybody can work it out. */
function macOf(address: string): string {
  return `02:42:${address
    .split(".")
    .map((part) => Number(part).toString(16).padStart(2, "0"))
    .join(":")}`;
}

describe("forged packets", { timeout: 300_000 }, () => {
  const lab = new NetworkLab(3);
  const [host1, host2, host3] = lab.hosts as [LabHost, LabHost, LabHost];
  let web: LabTask;
  let plain: LabTask;
  let other: LabTask;
  const tables = (tasks: readonly LabTask[]): readonly NetworkTable[] => [
    ingressTable(lab.hosts, {
      tasks: tasks.map(({ id, host }) => ({ id, host })),
      ports: [port("TCP", WEB, SERVER.tcp), port("UDP", 53, SERVER.udp)],
      dataPathPort: DATA_PATH_PORT,
    }),
  ];
  const addressOf = (of: LabTask): string =>
    lab.run(of, "ip", "-4", "-br", "address", "show", "eth0").split(/\s+/)[2]?.split("/")[0] ?? "";

  /** Counts UDP packets to a port as they reach the programs of a place. */
  const watch = (where: Place, ...ports: readonly number[]): void => {
    const rules = ports.map((number) => `udp dport ${number} counter`).join("\n");
    const chain = `type filter hook input priority 300; policy accept;\n${rules}`;
    lab.run(where, "nft", `table ip seen {}\ndelete table ip seen\ntable ip seen {\nchain input {\n${chain}\n}\n}`);
  };
  const seen = (where: Place, udpPort: number): number => {
    const text = lab.run(where, "nft", "list", "table", "ip", "seen");
    return Number(new RegExp(`udp dport ${udpPort} counter packets (\\d+)`).exec(text)?.[1]);
  };

  /** Sends it and waits until whatever becomes of it has become of it. */
  const forge = async (from: Place, to: LabHost, packet: Partial<ForgedPacket>, ...runAs: string[]): Promise<void> => {
    const forged: ForgedPacket = {
      ...{ to: to.address, port: DATA_PATH_PORT, vni: 4096 },
      ...{ sourceMac: macOf(host2.ingressAddress), destinationMac: macOf(to.ingressAddress) },
      ...{ source: host2.ingressAddress, destination: "10.0.0.11", destinationPort: UNPUBLISHED },
      ...packet,
    };
    const fence = seen(to, FENCE_PORT);
    lab.run(from, ...runAs, process.execPath, join(import.meta.dirname, "forge-vxlan.ts"), JSON.stringify(forged));
    for (const deadline = performance.now() + 30_000; seen(to, FENCE_PORT) === fence; await turn())
      assert.ok(performance.now() < deadline, "the fence came through");
  };

  before(async () => {
    lab.up();
    await lab.applyEverywhere(tables([]));
    web = await lab.startTask(host1, task("web1", { ingressAddress: "10.0.0.11/24" }), SERVER);
    other = await lab.startTask(host1, task("web2", { ingressAddress: "10.0.0.12/24" }), SERVER);
    plain = await lab.startTask(host1, task("plain"), SERVER);
    await lab.applyEverywhere(tables([web, other]));
    for (const host of lab.hosts) watch(host, UNPUBLISHED, FENCE_PORT);
    for (const each of [web, other, plain]) watch(each, UNPUBLISHED, SERVER.udp);
  });
  after(() => lab[Symbol.asyncDispose]());

  it("are told apart from those of a host, which arrive at published ports", async () => {
    // As root of a host, which may mark packets: what VXLAN itself does for every connection that comes in there.
    lab.run(host2, "nft", "flush", "chain", "ip", "swarm", "vxlan_out");
    await forge(host2, host1, { destinationPort: SERVER.udp });
    assert.equal(seen(web, SERVER.udp), 1);
    await lab.call(host2, "repair");
  });

  it("do not come in from a stranger, whichever host's MAC the frame bears", async () => {
    for (const host of [host2, host3]) {
      const sourceMac = macOf(host.ingressAddress);
      const before = seen(web, SERVER.udp);
      for (const source of [host.ingressAddress, "10.98.0.200"]) {
        await forge("client", host1, { sourceMac, source });
        await forge("client", host1, { sourceMac, source, destinationPort: SERVER.udp });
      }
      assert.equal(seen(web, UNPUBLISHED), 0);
      assert.equal(seen(web, SERVER.udp), before);
    }
  });

  it("do not come in from a stranger's VXLAN device, not even as an answer", () => {
    lab.run("client", "ip", "link", "add", "forged", "type", "vxlan", "id", "4096", "dstport", `${DATA_PATH_PORT}`);
    lab.run("client", "ip", "link", "set", "forged", "address", macOf(host2.ingressAddress), "up");
    const mac = macOf(host1.ingressAddress);
    lab.run("client", "bridge", "fdb", "append", mac, "dev", "forged", "dst", host1.address, "self");
    lab.run("client", "ip", "neighbour", "replace", host1.ingressAddress, "lladdr", mac, "dev", "forged");
    const way = ["via", host1.ingressAddress, "dev", "forged", "onlink"];
    lab.run("client", "ip", "route", "add", "10.0.0.11/32", ...way);
    const before = seen(web, SERVER.udp);
    assert.ok(lab.isSilent("client", "udp", "10.0.0.11", SERVER.udp));
    assert.ok(lab.isSilent("client", "tcp", "10.0.0.11", SERVER.tcp));
    assert.equal(seen(web, SERVER.udp), before);
    lab.run("client", "ip", "link", "del", "forged");
  });

  it("do not leave a task for a host, where they would arrive under its own host's address", async () => {
    const away = await lab.startTask(host2, task("away"), SERVER);
    await forge(away, host1, { destinationPort: SERVER.udp });
    await forge(away, host1, {});
    const before = seen(web, SERVER.udp);
    assert.equal(seen(web, UNPUBLISHED), 0);
    assert.equal(before, 1, "only the one of the first test");
    await lab.stopTask(away);
  });

  it("do not leave a host by an unprivileged program of it", async () => {
    const nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];
    await forge(host2, host1, { destinationPort: SERVER.udp }, ...nobody);
    assert.equal(seen(web, SERVER.udp), 1, "only the one of the first test");
  });

  it("of a host that has turned bad reach published ports of tasks and nothing else", async () => {
    // Its own rules do not hold it back.
    lab.run(host3, "nft", "delete", "table", "ip", "swarm");
    const egress = addressOf(plain);
    const gateway = lab.run(plain, "ip", "route", "show", "default").split(" ")[2] ?? "";
    const bad = { sourceMac: macOf(host3.ingressAddress), source: host3.ingressAddress };
    const cases: Readonly<Record<string, readonly [Place, Partial<ForgedPacket>]>> = {
      "an unpublished port": [web, bad],
      "an unpublished port, from an address outside": [web, { ...bad, source: "192.0.2.1" }],
      "another host's MAC": [web, { destinationPort: SERVER.udp }],
      "another host's address": [web, { ...bad, source: host2.ingressAddress, destinationPort: SERVER.udp }],
      "the address of another host's task": [other, { ...bad, source: "10.0.0.11", destination: "10.0.0.12" }],
      "the gateway's address": [web, { ...bad, source: "10.0.0.1", destinationPort: SERVER.udp }],
      "a loopback address as source": [web, { ...bad, source: "127.0.0.1", destinationPort: SERVER.udp }],
      "a task on the egress link": [plain, { ...bad, destination: egress, destinationPort: SERVER.udp }],
      "the egress gateway": [host1, { ...bad, destination: gateway }],
      "the host's address on the network": [host1, { ...bad, destination: host1.ingressAddress }],
      "the host's own address": [host1, { ...bad, destination: host1.address }],
      "the host's loopback": [host1, { ...bad, destination: "127.0.0.1" }],
      everybody: [web, { ...bad, destinationMac: "ff:ff:ff:ff:ff:ff", destinationPort: SERVER.udp }],
    };
    for (const [what, [where, packet]] of Object.entries(cases)) {
      const before = [UNPUBLISHED, ...(where === host1 ? [] : [SERVER.udp])].map((number) => seen(where, number));
      await forge(host3, host1, packet);
      const now = [UNPUBLISHED, ...(where === host1 ? [] : [SERVER.udp])].map((number) => seen(where, number));
      assert.deepEqual(now, before, what);
    }
    // The client's LAN: nothing comes out at the other end.
    watch("client", UNPUBLISHED);
    await forge(host3, host1, { ...bad, destination: "10.98.0.200" });
    assert.equal(seen("client", UNPUBLISHED), 0, "the host's LAN");
    const published = seen(web, SERVER.udp);
    await forge(host3, host1, { ...bad, destinationPort: SERVER.udp });
    assert.equal(seen(web, SERVER.udp), published + 1, "a published port");
    await lab.call(host3, "repair");
  });

  it("have a moment after all rules were flushed, until the next repair", async () => {
    lab.run(host1, "nft", "flush", "ruleset");
    assert.match((await lab.call<readonly string[]>(host1, "repair")).join("\n"), /table of packet rules was missing/);
    watch(host1, UNPUBLISHED, FENCE_PORT);
    const before = seen(web, UNPUBLISHED);
    await forge("client", host1, {});
    assert.equal(seen(web, UNPUBLISHED), before);
    assert.ok(lab.isSilent(plain, "udp", "10.0.0.11", SERVER.udp));
  });
});

describe("neighbours on one host", { timeout: 300_000 }, () => {
  const lab = new NetworkLab(1);
  const [host] = lab.hosts as [LabHost];
  const CLIENT = "10.98.0.200";
  let a: LabTask;
  let b: LabTask;
  let web: LabTask;
  let rival: LabTask;
  const addressOf = (of: LabTask): string =>
    lab.run(of, "ip", "-4", "-br", "address", "show", "eth0").split(/\s+/)[2]?.split("/")[0] ?? "";

  before(async () => {
    lab.up();
    await lab.applyEverywhere([ingressTable(lab.hosts)]);
    [a, b] = [await lab.startTask(host, task("a"), SERVER), await lab.startTask(host, task("b"), SERVER)];
    web = await lab.startTask(host, task("web1", { ingressAddress: "10.0.0.11/24" }), SERVER);
    rival = await lab.startTask(host, task("web2", { ingressAddress: "10.0.0.12/24" }), SERVER);
    const tasks = [web, rival].map(({ id }) => ({ id, host }));
    await lab.applyEverywhere([ingressTable(lab.hosts, { tasks })]);
  });
  after(() => lab[Symbol.asyncDispose]());

  it("do not reach each other but through published ports", () => {
    for (const from of [a, web])
      for (const to of [b, rival]) {
        assert.ok(lab.isSilent(from, "tcp", addressOf(to), SERVER.tcp), `${from.id} to ${to.id}`);
        assert.ok(lab.isSilent(from, "udp", addressOf(to), SERVER.udp), `${from.id} to ${to.id}`);
      }
    const answers = new Set([1, 2].map(() => lab.ask(a, "tcp", host.address, WEB).split(" ")[0]));
    assert.deepEqual(answers, new Set([web.id, rival.id]));
  });

  /** What a program of busybox says, also when it ends with 1: it got no answer. @throws when it could not run. */
  const applet = (where: Place, ...argv: readonly string[]): string => {
    try {
      return lab.run(where, BUSYBOX, ...argv);
    } catch (error) {
      const { status, stdout, stderr } = error as { status?: number; stdout?: unknown; stderr?: unknown };
      if (status === 1) return `${stdout}${stderr}`;
      throw error;
    }
  };

  it("reach their host by its addresses, as containers of Docker do, but not by its loopback", () => {
    const gateway = lab.run(a, "ip", "route", "show", "default").split(" ")[2] ?? "";
    for (const address of [gateway, host.address])
      assert.match(applet(a, "ping", "-c1", "-W20", address), / 0% packet loss/, address);
  });

  it("do not send under another task's address or MAC, nor under one of the host's", () => {
    const own = addressOf(a);
    const macIn = (where: LabTask): string => lab.run(where, "ip", "-br", "link", "show", "eth0").split(/\s+/)[2] ?? "";
    const mac = macIn(a);
    const pings = (source: string): boolean =>
      / 0% packet loss/.test(applet(a, "ping", "-c1", "-W1", "-I", source, CLIENT));
    const chain = "type filter hook input priority 0; policy accept;\nicmp type echo-request counter";
    lab.run("client", "nft", `table ip seen {\nchain input {\n${chain}\n}\n}`);
    const arrived = (): string =>
      / packets (\d+)/.exec(lab.run("client", "nft", "list", "table", "ip", "seen"))?.[1] ?? "";
    assert.equal(pings(own), true);
    const before = arrived();
    for (const stolen of [addressOf(b), addressOf(web), host.address, "192.0.2.7"]) {
      lab.run(a, "ip", "address", "add", `${stolen}/32`, "dev", "eth0");
      assert.equal(pings(stolen), false, stolen);
      lab.run(a, "ip", "address", "del", `${stolen}/32`, "dev", "eth0");
    }
    const gateway = lab.run(a, "ip", "neighbour", "show", "nud", "permanent").split("\n")[0]?.split(" ") ?? [];
    const change = (to: string): void => {
      lab.run(a, "ip", "link", "set", "eth0", "address", to);
      // The kernel forgets neighbours with the MAC, also those it was told.
      lab.run(a, "ip", "neighbour", "replace", ...gateway.filter((word) => word !== "" && word !== "PERMANENT"));
    };
    change(macIn(b));
    assert.equal(pings(own), false, "another MAC");
    assert.equal(arrived(), before, "nothing of it came through");
    change(mac);
    assert.equal(pings(own), true);
  });

  it("leave no trace in the host's table of neighbours, whatever they ask for by ARP", () => {
    const neighbours = (): readonly string[] =>
      lab
        .run(host, "ip", "-4", "neighbour", "show")
        .split("\n")
        .filter((line) => / sw[ie]-/.test(line));
    const before = neighbours();
    for (const source of [addressOf(b), "172.31.240.77", "10.0.0.77"]) {
      lab.run(a, "ip", "address", "add", `${source}/32`, "dev", "eth0");
      for (const argv of [
        ["-c1", "-w1"],
        ["-U", "-c1"],
        ["-A", "-c1"],
      ])
        assert.match(applet(a, "arping", "-I", "eth0", "-s", source, ...argv, host.address), /Sent \d+ probe/);
      lab.run(a, "ip", "address", "del", `${source}/32`, "dev", "eth0");
    }
    assert.deepEqual(neighbours(), before);
  });

  it("have no way over IPv6, not even when both give themselves an address", () => {
    const linkLocal = (where: Place, device: string): string =>
      /inet6 (fe80[^/]+)/.exec(lab.run(where, "ip", "-6", "address", "show", "dev", device))?.[1] ?? "";
    for (const [each, own] of [
      [a, "fe80::a"],
      [b, "fe80::b"],
    ] as const) {
      assert.equal(linkLocal(each, "eth0"), "", "none is given by the kernel");
      lab.run(each, "ip", "-6", "address", "add", `${own}/64`, "dev", "eth0", "nodad");
    }
    const pings = (address: string): string => applet(a, "ping", "-6", "-c1", "-W1", `${address}%eth0`);
    assert.match(pings("fe80::a"), / 0% packet loss/, "it can be asked for itself");
    assert.doesNotMatch(pings("fe80::b"), / 0% packet loss/);
    assert.equal(linkLocal(host, `swe-${a.id.slice(0, 11)}`), "");
  });
});
