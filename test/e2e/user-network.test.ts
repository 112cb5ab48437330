import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { NodeId } from "../../shared/ids.ts";
import type { Task } from "../../shared/objects/types.ts";
import type { NetworkTable } from "../../shared/rpc/gen/dispatcher.ts";
import { hostMac } from "../../worker/network/user-network/host-mac.ts";
import { ingressTable, networkTask, port } from "../support/network-objects.ts";
import { userService, userTable, wireId } from "../support/user-network-objects.ts";
import { waitFor } from "../support/wait.ts";
import type { ForgedPacket } from "./forge-vxlan.ts";
import { BUSYBOX, type LabHost, type Place as LabPlace, type LabTask, NetworkLab } from "./network-lab.ts";

const SERVER = { tcp: 8080, udp: 5353 };
const TCP = SERVER.tcp;
const CLIENT = "10.98.0.200";
/** Five days, as the kernel has it, less what a test may take. */
const ESTABLISHED_SECONDS_MIN = 5 * 24 * 3_600 - 600;

type State = NetworkTable["endpoints"][number]["state"];
interface Place {
  readonly networkId: string;
  readonly address: string;
  readonly address6?: string;
}
const blue = (last: number): Place => ({
  networkId: wireId("blue"),
  address: `10.5.0.${last}/24`,
  address6: `fd00:5::${last}/64`,
});
/** The same block as blue. */
const red = (last: number): Place => ({ networkId: wireId("red"), address: `10.5.0.${last}/24` });
/** The hosts' own LAN has this block too. */
const lan = (last: number): Place => ({ networkId: wireId("lan"), address: `10.98.0.${last}/24` });
const inner = (last: number): Place => ({ networkId: wireId("inner"), address: `10.7.0.${last}/24` });

describe("user networks of two hosts", () => {
  const lab = new NetworkLab(2);
  const [host1, host2] = lab.hosts as [LabHost, LabHost];
  /** Every task's places, and the state of all its endpoints. */
  const book = new Map<string, { host: LabHost; places: readonly Place[]; service: string; state: State }>();

  const tables = (): readonly NetworkTable[] => {
    const blocks = {
      blue: [
        { cidr: "10.5.0.0/24", gateway: "10.5.0.1" },
        { cidr: "fd00:5::/64", gateway: "fd00:5::1" },
      ],
      red: [{ cidr: "10.5.0.0/24", gateway: "10.5.0.1" }],
      lan: [{ cidr: "10.98.0.0/24", gateway: "10.98.0.254" }],
      inner: [{ cidr: "10.7.0.0/24", gateway: "10.7.0.1" }],
    };
    return Object.entries(blocks).map(([name, blocks], at) =>
      userTable({
        ...{ name, blocks, hosts: 2, vni: 4_100 + at, internal: name === "inner" },
        endpoints: [...book].flatMap(([taskId, { host, places, service, state }]) =>
          places
            .filter(({ networkId }) => networkId === wireId(name))
            .map(({ address, address6 = "" }) => ({
              ...{ taskId, serviceId: wireId(service), nodeId: host.nodeId, address, address6, names: [], state },
            })),
        ),
        services:
          name === "blue"
            ? [userService("web", 130), userService("none", 131), userService("stick", 132, { stickySeconds: 600 })]
            : [],
      }),
    );
  };
  const publish = (): Promise<void> => lab.applyEverywhere(tables());
  const taskOf = (name: string, networks: readonly Place[]): Task => networkTask(name, { networks });
  const start = async (host: LabHost, name: string, service: string, places: readonly Place[]): Promise<LabTask> => {
    const task = taskOf(name, places);
    book.set(task.id, { host, places, service, state: "READY" });
    await publish();
    return await lab.startTask(host, task, SERVER);
  };
  const setState = async (task: LabTask, state: State): Promise<void> => {
    const entry = book.get(task.id);
    assert.ok(entry);
    book.set(task.id, { ...entry, state });
    await publish();
  };
  const stop = async (task: LabTask): Promise<void> => {
    book.delete(task.id);
    await publish();
    await lab.stopTask(task);
  };

  let web1: LabTask;
  let web2: LabTask;
  let web3: LabTask;

  before(async () => {
    lab.up();
    await publish();
    web1 = await start(host1, "web1", "web", [blue(4)]);
    web2 = await start(host2, "web2", "web", [blue(5)]);
    web3 = await start(host1, "web3", "web", [blue(6)]);
  });
  after(async () => {
    await lab[Symbol.asyncDispose]();
    const left = readdirSync("/run/netns").filter((name) => name.startsWith(`swt${process.pid}`));
    assert.deepEqual(left, [], "namespaces are left");
    for (const { call, host, ms } of lab.timings)
      if (process.env["NETWORK_TIMINGS"]) console.log(`${host} ${call} ${ms.toFixed(1)} ms`);
  });

  it("let tasks reach each other, on one host and on two, by IPv4 and IPv6, and see each other's address", () => {
    for (const protocol of ["tcp", "udp"] as const) {
      const port = SERVER[protocol];
      for (const [from, last] of [
        [web1, 4],
        [web2, 5],
        [web3, 6],
      ] as const)
        for (const [to, number] of [
          [web1, 4],
          [web2, 5],
          [web3, 6],
        ] as const) {
          if (to === from) continue;
          assert.equal(lab.ask(from, protocol, `10.5.0.${number}`, port), `${to.id} 10.5.0.${last}`);
          assert.equal(lab.ask(from, protocol, `fd00:5::${number}`, port), `${to.id} fd00:5::${last}`);
        }
    }
  });

  it("deal connections to a virtual address out to each ready task in turn, the caller itself too", () => {
    const answers = (from: LabTask, address: string): readonly string[] =>
      Array.from({ length: 6 }, () => lab.ask(from, "tcp", address, TCP)).sort();
    const twice = (texts: readonly string[]): readonly string[] => texts.flatMap((text) => [text, text]).sort();
    // Who calls himself sees the gateway.
    assert.deepEqual(
      answers(web1, "10.5.0.130"),
      twice([`${web1.id} 10.5.0.1`, `${web2.id} 10.5.0.4`, `${web3.id} 10.5.0.4`]),
    );
    assert.deepEqual(
      answers(web2, "fd00:5::130"),
      twice([`${web1.id} fd00:5::5`, `${web2.id} fd00:5::1`, `${web3.id} fd00:5::5`]),
    );
    assert.notEqual(lab.ask(web1, "udp", "10.5.0.130", SERVER.udp), "silent");
  });

  it("refuse at once where nobody is: a service without tasks, an address that nobody has", () => {
    for (const address of ["10.5.0.131", "fd00:5::131", "10.5.0.99", "fd00:5::99"])
      assert.equal(lab.ask(web1, "tcp", address, TCP), "refused", address);
  });

  it("carry packets as large as their interface says", () => {
    const mtu = Number(/mtu (\d+)/.exec(lab.run(web1, "ip", "link", "show", "eth0"))?.[1]);
    assert.equal(mtu, 1_450);
    const size = String(mtu - 28);
    assert.match(lab.run(web1, BUSYBOX, "ping", "-c1", "-W5", "-s", size, "10.5.0.5"), /1 packets received/);
  });

  it("keep a connection with a task that drains, and end it at once when the task has gone", async () => {
    const extra = await start(host2, "extra", "web", [blue(7)]);
    for (const task of [web1, web2, web3]) await setState(task, "PENDING");
    const connection = lab.converse(web1, "tcp", "10.5.0.130", TCP);
    assert.equal(await connection.say("hello"), `${extra.id} 10.5.0.4`);
    for (const task of [web1, web2, web3]) await setState(task, "READY");
    await setState(extra, "DRAINING");
    assert.equal(await connection.say("hello"), `${extra.id} 10.5.0.4`);
    const others = Array.from({ length: 6 }, () => lab.ask(web1, "tcp", "10.5.0.130", TCP));
    assert.ok(others.every((answer) => !answer.startsWith(extra.id)));
    await stop(extra);
    assert.equal(await connection.say("hello"), "silent");
    assert.equal(lab.ask(web1, "tcp", "10.5.0.7", TCP), "refused");
  });

  it("lead a client of a sticky service to one task, and to another when that one drains", async () => {
    const tasks = [
      await start(host1, "stick1", "stick", [blue(20)]),
      await start(host2, "stick2", "stick", [blue(21)]),
    ];
    for (const address of ["10.5.0.132", "fd00:5::132"]) {
      const ask = (from: LabTask): readonly string[] =>
        Array.from({ length: 6 }, () => lab.ask(from, "tcp", address, TCP).split(" ")[0] ?? "");
      const [kept] = ask(web1);
      assert.deepEqual(ask(web1), Array(6).fill(kept));
      const [drained, other] = tasks.toSorted((a) => (a.id === kept ? -1 : 1)) as [LabTask, LabTask];
      await setState(drained, "DRAINING");
      assert.deepEqual(ask(web1), Array(6).fill(other.id));
      await setState(drained, "READY");
      assert.deepEqual(ask(web1), Array(6).fill(other.id), "it stays where it went");
    }
    for (const task of tasks) await stop(task);
  });

  it("take packets of VXLAN from the kernels of their hosts alone, and only for addresses that these have", async () => {
    const port = 7_777;
    const count = (): number =>
      Number(/counter packets (\d+)/.exec(lab.run(web2, "nft", "list", "table", "ip", "seen"))?.[1]);
    const chain = `chain input { type filter hook input priority 300; udp dport ${port} counter\n }`;
    lab.run(web2, "nft", `table ip seen { ${chain}\n }`);
    const forge = (from: LabPlace, source: string): void => {
      const packet: ForgedPacket = {
        ...{ to: host2.address, port: 4_789, vni: 4_100, source, destination: "10.5.0.5", destinationPort: port },
        ...{ sourceMac: hostMac(host1.nodeId as NodeId), destinationMac: hostMac(host2.nodeId as NodeId) },
      };
      lab.run(from, process.execPath, join(import.meta.dirname, "forge-vxlan.ts"), JSON.stringify(packet));
    };
    /** What came before it has been dealt with. */
    const fence = (): void => void lab.ask(web1, "tcp", "10.5.0.5", TCP);
    forge("client", "10.5.0.4");
    forge(host1, "10.5.0.4");
    fence();
    assert.equal(count(), 0);
    // As if this host had turned bad.
    lab.run(host1, "nft", "flush", "chain", "ip", "swarm", "vxlan_out");
    forge(host1, "10.5.0.99");
    forge(host1, "10.5.0.5");
    fence();
    assert.equal(count(), 0);
    forge(host1, "10.5.0.4");
    await waitFor("the one that may come", () => count() === 1);
    assert.notDeepEqual(await lab.call(host1, "repair"), []);
  });

  it("leave idle connections to the kernel, which remembers them for days", async () => {
    const connection = lab.converse(web1, "tcp", "10.5.0.130", TCP);
    await connection.say("hello");
    const text = lab.run(lab.networkOf(web1, wireId("blue")), "cat", "/proc/net/nf_conntrack");
    const entry = text.split("\n").find((line) => line.includes("ESTABLISHED") && line.includes("dst=10.5.0.130"));
    const [, , , , seconds] = (entry ?? "").split(/\s+/);
    assert.ok(Number(seconds) > ESTABLISHED_SECONDS_MIN, entry ?? "no such connection");
  });

  it("know nothing of each other, though their blocks be the same, or that of the hosts' own network", async () => {
    const red1 = await start(host1, "red1", "other", [red(4)]);
    const red2 = await start(host2, "red2", "other", [red(5), lan(1)]);
    const lan2 = await start(host1, "lan2", "other", [lan(2)]);
    assert.equal(lab.ask(red1, "tcp", "10.5.0.5", TCP), `${red2.id} 10.5.0.4`);
    assert.equal(lab.ask(web1, "tcp", "10.5.0.5", TCP), `${web2.id} 10.5.0.4`);
    // 10.5.0.6 is on blue alone.
    assert.equal(lab.ask(red1, "tcp", "10.5.0.6", TCP), "refused");
    // Not the hosts that have these addresses.
    assert.equal(lab.ask(lan2, "tcp", "10.98.0.1", TCP), `${red2.id} 10.98.0.2`);
    assert.equal(lab.ask(red2, "tcp", "10.98.0.2", TCP), `${lan2.id} 10.98.0.1`);
    for (const task of [red1, red2, lan2]) await stop(task);
  });

  it("answer clients of published ports that have addresses of a network of the task's, under the host's address", async () => {
    const ports = [port("TCP", 80, TCP), port("TCP", 81, TCP, "HOST")];
    const ingressAddress = "10.0.0.11/24";
    const task = networkTask("near", { networks: [lan(3)], ports, ingressAddress });
    book.set(task.id, { host: host2, places: [lan(3)], service: "other", state: "READY" });
    const ingress = ingressTable(lab.hosts, {
      tasks: [{ id: task.id, host: host2, address: ingressAddress }],
      ports: ports.slice(0, 1),
    });
    await lab.applyEverywhere([...tables(), ingress]);
    const near = await lab.startTask(host2, task, SERVER);
    for (const from of ["client", host1, host2] as const)
      for (const to of [`${host1.address} 80`, `${host2.address} 80`, `${host2.address} 81`]) {
        const [address = "", number] = to.split(" ");
        assert.equal(lab.ask(from, "tcp", address, Number(number)), `${near.id} 10.0.0.3`, `to ${to}`);
      }
    await stop(near);
  });

  it("keep a task in that is on none with a way out, but for its questions for names", async () => {
    const shut = await start(host1, "shut", "other", [inner(4)]);
    const open = await start(host2, "open", "other", [inner(5), blue(8)]);
    assert.equal(lab.ask(shut, "tcp", "10.7.0.5", TCP), `${open.id} 10.7.0.4`);
    // Nobody listens on the client: it refuses whom it hears.
    assert.equal(lab.ask(open, "tcp", CLIENT, TCP), "refused");
    assert.ok(lab.isSilent(shut, "tcp", CLIENT, TCP));
    const gateway = /default via (\S+)/.exec(lab.run(shut, "ip", "route"))?.[1] ?? "";
    assert.equal(lab.ask(shut, "tcp", gateway, 53), "refused");
    assert.ok(lab.isSilent(shut, "tcp", gateway, TCP));
    for (const task of [shut, open]) await stop(task);
  });

  it("refuse packets under another task's address, or with another's MAC", () => {
    const silentFrom = (source: string): boolean => {
      const script =
        `const to = { host: "10.5.0.5", port: ${TCP}, localAddress: "${source}" };` +
        `require("net").connect(to).on("data", () => process.exit(0)).on("error", () => process.exit(1)).write("hello");`;
      try {
        lab.run(web1, "timeout", "3", process.execPath, "-e", script);
        return false;
      } catch {
        return true;
      }
    };
    assert.ok(!silentFrom("10.5.0.4"));
    lab.run(web1, "ip", "address", "add", "10.5.0.6/32", "dev", "eth0");
    assert.ok(silentFrom("10.5.0.6"));
    lab.run(web1, "ip", "address", "del", "10.5.0.6/32", "dev", "eth0");
    const mac = /ether (\S+)/.exec(lab.run(web1, "ip", "link", "show", "eth0"))?.[1] ?? "";
    // The kernel forgets neighbours with the address.
    const told = lab.run(web1, "ip", "neighbour", "show", "dev", "eth0", "nud", "permanent").trimEnd().split("\n");
    const tell = (): void => {
      for (const [address = "", , mac = ""] of told.map((line) => line.split(" ")))
        lab.run(web1, ...["ip", "neighbour", "replace", address, "lladdr", mac, "dev", "eth0", "nud", "permanent"]);
    };
    lab.run(web1, "ip", "link", "set", "eth0", "address", "02:42:0a:05:00:06");
    tell();
    assert.ok(silentFrom("10.5.0.4"));
    lab.run(web1, "ip", "link", "set", "eth0", "address", mac);
    tell();
    assert.ok(!silentFrom("10.5.0.4"));
  });

  it("come to a running task and go from it, while its connections on others go on", async () => {
    const entry = book.get(web1.id);
    assert.ok(entry);
    const red9 = await start(host2, "red9", "other", [red(9)]);
    const lan9 = await start(host2, "lan9", "other", [lan(9)]);
    const connection = lab.converse(web1, "tcp", "10.5.0.5", TCP);
    await connection.say("hello");
    const change = async (places: readonly Place[]): Promise<void> => {
      book.set(web1.id, { ...entry, places });
      await publish();
      await lab.call(host1, "update", taskOf("web1", places));
    };
    await change([blue(4), lan(4)]);
    assert.equal(lab.ask(web1, "tcp", "10.98.0.9", TCP), `${lan9.id} 10.98.0.4`);
    assert.equal(lab.ask(lan9, "tcp", "10.98.0.4", TCP), `${web1.id} 10.98.0.9`);
    await change([blue(4)]);
    assert.notEqual(lab.ask(web1, "tcp", "10.98.0.9", TCP, 3), `${lan9.id} 10.98.0.4`);
    assert.equal(await connection.say("hello"), `${web2.id} 10.5.0.4`);
    for (const task of [red9, lan9]) await stop(task);
  });

  it("live on without their daemon, and the next one changes nothing", async () => {
    const connection = lab.converse(web1, "tcp", "10.5.0.130", TCP);
    const first = await connection.say("hello");
    await lab.killDaemon(host1);
    assert.equal(await connection.say("hello"), first);
    assert.notEqual(lab.ask(web1, "tcp", "10.5.0.130", TCP), "silent");
    lab.startDaemon(host1);
    await lab.call(host1, "apply", tables());
    assert.deepEqual(await lab.call(host1, "repair"), []);
    assert.equal(await connection.say("hello"), first);
  });

  it("are mended at once when somebody flushes their rules or takes their devices", async () => {
    await lab.call(host1, "listen");
    const network = lab.networkOf(web1, wireId("blue"));
    const connection = lab.converse(web1, "tcp", "10.5.0.130", TCP);
    const first = await connection.say("hello");
    const rules = (): string => lab.run(network, "nft", "list", "tables");
    lab.run(network, "nft", "flush", "ruleset");
    await waitFor("rules", async () => rules().includes("swarm"));
    lab.run(network, "ip", "link", "del", "sw-vx4100");
    lab.run(network, "ip", "route", "del", "10.5.0.6");
    await waitFor("device", async () => lab.ask(web1, "tcp", "10.5.0.5", TCP, 3) === `${web2.id} 10.5.0.4`);
    await waitFor("route", async () => lab.ask(web1, "tcp", "10.5.0.6", TCP, 3) === `${web3.id} 10.5.0.4`);
    assert.equal(await connection.say("hello"), first);
    const heard = await lab.call<readonly string[]>(host1, "heard");
    assert.ok(
      heard.some((finding) => finding.includes("the table of packet rules was missing")),
      heard.join("; "),
    );
  });

  it("are gone with their last task", async () => {
    const network = lab.networkOf(web2, wireId("blue"));
    await stop(web2);
    assert.throws(() => lab.run(network, "true"));
  });
});
