import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { NetworkTable } from "../../shared/rpc/gen/dispatcher.ts";
import { ingressTable, port, networkTask as task } from "../support/network-objects.ts";
import { type LabHost, type LabTask, NetworkLab } from "./network-lab.ts";

const SERVER = { tcp: 8080, udp: 5353 };
const WEB = 80;
const DNS = 53;
const CLIENT = { ipv4: "10.98.0.200", ipv6: "fd98::200" } as const;
const SUBNET6 = "fd00:1:2:3::/64";

describe("published ports over IPv6 on three hosts", () => {
  const lab = new NetworkLab(3);
  const [host1, host2, host3] = lab.hosts as [LabHost, LabHost, LabHost];
  const web: LabTask[] = [];
  const ports = [port("TCP", WEB, SERVER.tcp), port("UDP", DNS, SERVER.udp)];
  const table = (without: readonly LabHost[] = [], tasks: readonly LabTask[] = web): readonly NetworkTable[] => [
    ingressTable(
      lab.hosts.map((host) => ({ ...host, carriesIpv6: !without.includes(host) })),
      { tasks: tasks.map(({ id, host }) => ({ id, host })), ports, subnet6: SUBNET6 },
    ),
  ];

  before(async () => {
    lab.up();
    await lab.applyEverywhere(table());
  });
  after(async () => {
    await lab[Symbol.asyncDispose]();
  });

  it("are refused at once while there are no tasks", () => {
    for (const host of lab.hosts) assert.equal(lab.ask("client", "tcp", host.address6, WEB), "refused");
  });

  it("show the task its client's own address: local and remote backend, IPv4 and IPv6, TCP and UDP", async () => {
    web.push(await lab.startTask(host2, task("web1", { ingressAddress: "10.0.0.11/24" }), SERVER));
    await lab.applyEverywhere(table());
    for (const host of lab.hosts) {
      const where = host === host2 ? "local" : "remote";
      for (const [family, address] of [
        ["ipv4", host.address],
        ["ipv6", host.address6],
      ] as const) {
        const expected = `${web[0]?.id} ${CLIENT[family]}`;
        assert.equal(lab.ask("client", "tcp", address, WEB), expected, `tcp, ${family}, ${where}`);
        assert.equal(lab.ask("client", "udp", address, DNS), expected, `udp, ${family}, ${where}`);
      }
    }
  });

  it("answer hosts on their own addresses and on those of others", () => {
    for (const from of lab.hosts)
      for (const to of lab.hosts)
        assert.equal(
          lab.ask(from, "tcp", to.address6, WEB),
          `${web[0]?.id} ${from.address6}`,
          `${from.name} ${to.name}`,
        );
  });

  it("let tasks call them, themselves included, and give tasks a way out under their host's address", async () => {
    const [first] = web as [LabTask];
    for (const host of lab.hosts)
      assert.match(lab.ask(first, "tcp", host.address6, WEB), new RegExp(`^${first.id} `), `via ${host.name}`);
    const plain = await lab.startTask(host3, task("plain"), SERVER);
    for (const from of [plain, first])
      assert.match(lab.run(from, "ping", "-c1", "-W20", CLIENT.ipv6), / 0% packet loss/);
    assert.match(lab.ask(plain, "tcp", host1.address6, WEB), new RegExp(`^${first.id} ${host3.address6}$`));
    await lab.stopTask(plain);
  });

  it("lead over IPv6 to no task of a host that does not carry it, and are not published there", async () => {
    web.push(await lab.startTask(host1, task("web2", { ingressAddress: "10.0.0.12/24" }), SERVER));
    await lab.applyEverywhere(table([host1]));
    const [first] = web as [LabTask];
    for (let times = 0; times < 4; times++)
      assert.equal(lab.ask("client", "tcp", host3.address6, WEB), `${first.id} ${CLIENT.ipv6}`);
    assert.equal(lab.ask("client", "tcp", host1.address6, WEB), "refused");
    const both = new Set([1, 2].map(() => lab.ask("client", "tcp", host1.address, WEB).split(" ")[0]));
    assert.deepEqual(both, new Set(web.map(({ id }) => id)), "over IPv4 nothing is different");
    await lab.applyEverywhere(table());
    const all = new Set([1, 2].map(() => lab.ask("client", "tcp", host1.address6, WEB).split(" ")[0]));
    assert.deepEqual(all, new Set(web.map(({ id }) => id)));
    await lab.stopTask(web.pop() as LabTask);
    await lab.applyEverywhere(table());
  });

  it("forget a UDP client's task that has gone", async () => {
    const leaving = await lab.startTask(host1, task("web3", { ingressAddress: "10.0.0.13/24" }), SERVER);
    const [kept] = web as [LabTask];
    await lab.applyEverywhere(table([], [leaving]));
    const sender = lab.converse("client", "udp", host3.address6, DNS);
    assert.equal(await sender.say("one"), `${leaving.id} ${CLIENT.ipv6}`);
    await lab.stopTask(leaving);
    for (let times = 0; times < 2; times++) await lab.applyEverywhere(table());
    assert.equal(await sender.say("two"), `${kept.id} ${CLIENT.ipv6}`);
    await sender.end();
  });

  it("answer in host mode, also at one address alone", async () => {
    const hostPorts = [
      port("TCP", 8000, SERVER.tcp, "HOST"),
      port("TCP", 8001, SERVER.tcp, "HOST", host3.address6),
      port("TCP", 8002, SERVER.tcp, "HOST", host3.address),
    ];
    const hosted = await lab.startTask(host3, task("hosted", { ports: hostPorts }), SERVER);
    assert.equal(lab.ask("client", "tcp", host3.address6, 8000), `${hosted.id} ${CLIENT.ipv6}`);
    assert.equal(lab.ask("client", "tcp", host3.address6, 8001), `${hosted.id} ${CLIENT.ipv6}`);
    assert.equal(lab.ask("client", "tcp", host3.address, 8001), "refused");
    assert.equal(lab.ask("client", "tcp", host3.address6, 8002), "refused");
    assert.match(lab.ask(host3, "tcp", host3.address6, 8000), new RegExp(`^${hosted.id}`));
    await lab.stopTask(hosted);
    assert.equal(lab.ask("client", "tcp", host3.address6, 8000), "refused");
  });

  it("are there again after damage", async () => {
    const [kept] = web as [LabTask];
    const damage: readonly (readonly [RegExp, ...string[]])[] = [
      [/table of packet rules was missing/, "nft", "delete", "table", "ip6", "swarm"],
      [/packet rules had been changed/, "nft", "flush", "chain", "ip6", "swarm", "prerouting"],
      [/route fd00:1:2:3::a00:b .*was missing/, "ip", "-6", "route", "del", "fd00:1:2:3::a00:b"],
      [/ipv6.conf.all.forwarding was 0/, "sysctl", "-qw", "net.ipv6.conf.all.forwarding=0"],
      [
        /address fd00:1:2:3::a00:4\/64 .*was missing/,
        "ip",
        "address",
        "del",
        "fd00:1:2:3::a00:4/64",
        "dev",
        "sw-vx4096",
      ],
      [/sw-vx4096 was down/, "ip", "link", "set", "sw-vx4096", "down"],
    ];
    for (const [words, ...argv] of damage) {
      lab.run(host3, ...argv);
      const findings = await lab.call<readonly string[]>(host3, "repair");
      assert.match(findings.join("\n"), words, argv.join(" "));
      assert.equal(lab.ask("client", "tcp", host3.address6, WEB), `${kept.id} ${CLIENT.ipv6}`, argv.join(" "));
      assert.deepEqual(await lab.call(host3, "repair"), [], `nothing is wrong any more after ${argv.join(" ")}`);
    }
  });

  it("leave nothing behind", async () => {
    await lab.call(host1, "teardown");
    assert.equal(lab.run(host1, "nft", "list", "tables"), "");
    assert.doesNotMatch(lab.run(host1, "ip", "-6", "route"), /fd00:1:2:3|fd73/);
  });
});
