import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { TaskId } from "../../shared/ids.ts";
import type { NetworkTable } from "../../shared/rpc/gen/dispatcher.ts";
import { ingressTable, port, networkTask as task } from "../support/network-objects.ts";
import { waitFor } from "../support/wait.ts";
import { type Hammer, type LabHost, type LabTask, NetworkLab } from "./network-lab.ts";

const SERVER = { tcp: 8080, udp: 5353 };
const WEB = 80;
const DNS = 53;
const CLIENT = "10.98.0.200";
/** Published while the task runs. */
const LATE = 81;
/** A port of the task's own host, from before. */
const HELD = 5301;
/** Half as long as a program waits for an answer over a connection that is open. */
const ENDED_MS = 30_000;
/** Ports of a server outside. */
const OUTSIDE = { tcp: 8081, udp: 8081 };

describe("network of three hosts", () => {
  const lab = new NetworkLab(3);
  const [host1, host2, host3] = lab.hosts as [LabHost, LabHost, LabHost];
  const web: LabTask[] = [];
  const table = (draining: readonly TaskId[] = []): readonly NetworkTable[] => [
    ingressTable(lab.hosts, {
      tasks: web.map(({ id, host }) => ({ id, host, state: draining.includes(id) ? "DRAINING" : "READY" })),
      ports: [port("TCP", WEB, SERVER.tcp), port("UDP", DNS, SERVER.udp)],
    }),
  ];

  before(async () => {
    lab.up();
    // Some distributions have it so: packets must come in where their answers would go out.
    lab.run(host2, "sysctl", "-qw", "net.ipv4.conf.all.rp_filter=1");
    await lab.applyEverywhere(table());
  });
  after(async () => {
    await lab[Symbol.asyncDispose]();
    for (const { call, host, ms } of lab.timings)
      if (process.env["NETWORK_TIMINGS"]) console.log(`${host} ${call} ${ms.toFixed(1)} ms`);
    const left = readdirSync("/run/netns").filter((name) => name.startsWith(`swt${process.pid}`));
    assert.deepEqual(left, [], "namespaces are left");
  });

  it("refuses connections to a published port without tasks at once", () => {
    for (const host of lab.hosts) assert.equal(lab.ask("client", "tcp", host.address, WEB), "refused");
    assert.equal(lab.ask(host1, "tcp", "127.0.0.1", WEB), "refused");
  });

  it("answers on a published port of every host, and the task sees the client's own address", async () => {
    web.push(await lab.startTask(host2, task("web1", { ingressAddress: "10.0.0.11/24" }), SERVER));
    await lab.applyEverywhere(table());
    for (const host of lab.hosts) {
      assert.equal(lab.ask("client", "tcp", host.address, WEB), `${web[0]?.id} ${CLIENT}`, `tcp via ${host.name}`);
      assert.equal(lab.ask("client", "udp", host.address, DNS), `${web[0]?.id} ${CLIENT}`, `udp via ${host.name}`);
    }
  });

  it("answers each host on its own addresses, on loopback, and on the other hosts' addresses", () => {
    for (const from of lab.hosts) {
      for (const to of lab.hosts)
        assert.equal(
          lab.ask(from, "tcp", to.address, WEB),
          `${web[0]?.id} ${from.address}`,
          `${from.name} to ${to.name}`,
        );
      assert.equal(
        lab.ask(from, "tcp", "127.0.0.1", WEB),
        `${web[0]?.id} ${from.ingressAddress}`,
        `${from.name} to itself`,
      );
      assert.equal(lab.ask(from, "udp", "127.0.0.1", DNS), `${web[0]?.id} ${from.ingressAddress}`);
    }
  });

  it("spreads connections over the tasks of all hosts", async () => {
    web.push(await lab.startTask(host1, task("web2", { ingressAddress: "10.0.0.12/24" }), SERVER));
    await lab.applyEverywhere(table());
    for (const host of lab.hosts) {
      const answers = Array.from({ length: 6 }, () => lab.ask("client", "tcp", host.address, WEB).split(" ")[0]);
      const counts = web.map(({ id }) => answers.filter((name) => name === id).length);
      assert.deepEqual(counts, [3, 3], `via ${host.name}`);
    }
  });

  it("leads a client of a sticky service to one task, whichever host it calls, for as long as that is ready", async () => {
    const sticky = (draining: readonly TaskId[] = []): readonly NetworkTable[] =>
      table(draining).map((each) => ({
        ...each,
        services: each.services.map((service) => ({ ...service, stickySeconds: 60 })),
      }));
    const answers = (): readonly string[] =>
      lab.hosts.flatMap(({ address }) =>
        Array.from({ length: 3 }, () => lab.ask("client", "tcp", address, WEB).split(" ")[0] ?? ""),
      );
    await lab.applyEverywhere(sticky());
    const [chosen, ...others] = new Set(answers());
    assert.deepEqual(others, []);
    await lab.applyEverywhere(sticky([chosen as TaskId]));
    const [next, ...more] = new Set(answers());
    assert.deepEqual(more, []);
    assert.notEqual(next, chosen);
    await lab.applyEverywhere(sticky());
    assert.deepEqual([...new Set(answers())], [chosen]);
    await lab.applyEverywhere(table());
  });

  it("lets tasks call published ports of their own and of other hosts, themselves included", () => {
    for (const from of web)
      for (const host of lab.hosts) {
        const answers = new Set([1, 2].map(() => lab.ask(from, "tcp", host.address, WEB).split(" ")[0]));
        assert.deepEqual(answers, new Set(web.map(({ id }) => id)), `${from.id} via ${host.name}`);
      }
  });

  it("gives tasks a way out under their host's address, and no way in but published ports", async () => {
    const outside = lab.converse("client", "tcp", host1.address, WEB);
    assert.match(await outside.say("hello"), /10\.98\.0\.200/);
    const plain = await lab.startTask(host3, task("plain"), SERVER);
    assert.match(lab.run(plain, "ping", "-c1", "-W20", CLIENT), / 0% packet loss/);
    assert.match(lab.run(web[0] as LabTask, "ping", "-c1", "-W20", CLIENT), / 0% packet loss/);
    const address = lab.run(plain, "ip", "-4", "-br", "address", "show", "eth0").split(/\s+/)[2]?.split("/")[0] ?? "";
    lab.run("client", "ip", "route", "add", `${address}/32`, "via", host3.address);
    assert.ok(lab.isSilent("client", "tcp", address, SERVER.tcp));
    assert.match(lab.ask(host3, "tcp", address, SERVER.tcp), /^plain/);
    await lab.stopTask(plain);
    await outside.end();
  });

  it("keeps a draining task's connections and gives it no new ones", async () => {
    const [first, second] = web as [LabTask, LabTask];
    const open = await Promise.all(
      [1, 2].map(async () => {
        const connection = lab.converse("client", "tcp", host3.address, WEB);
        return { connection, name: (await connection.say("hello")).split(" ")[0] };
      }),
    );
    const held = open.find(({ name }) => name === first.id);
    assert.ok(held !== undefined, "one of two connections goes to the first task");
    await lab.applyEverywhere(table([first.id]));
    for (let times = 0; times < 4; times++)
      assert.match(lab.ask("client", "tcp", host3.address, WEB), new RegExp(`^${second.id}`));
    assert.equal(await held.connection.say("still there?"), `${first.id} ${CLIENT}`);
    for (const { connection } of open) await connection.end();
  });

  it("moves a UDP client with a fixed port to another task as soon as its own has gone", async () => {
    const [first, second] = web as [LabTask, LabTask];
    await lab.applyEverywhere(table([second.id]));
    const sender = lab.converse("client", "udp", host3.address, DNS);
    assert.equal(await sender.say("one"), `${first.id} ${CLIENT}`);
    await lab.stopTask(first);
    web.shift();
    await lab.applyEverywhere(table());
    // The search for the old connection goes on beside; the next run begins when it is done.
    await lab.applyEverywhere(table());
    assert.equal(await sender.say("two"), `${second.id} ${CLIENT}`);
    await sender.end();
  });

  it("keeps a client's connections apart that come through several hosts from one source port", async () => {
    const connections = lab.hosts.map(({ address }) => lab.connectFrom("client", 40_000, address, WEB));
    for (const question of ["one", "two"])
      for (const connection of connections)
        assert.equal(await connection.say(question), `${web[0]?.id} ${CLIENT}`, question);
    for (const connection of connections) await connection.end();
  });

  it("sends a connection elsewhere whose first packets were lost, once its task drains", async () => {
    const [kept] = web as [LabTask];
    const leaving = await lab.startTask(host2, task("web9", { ingressAddress: "10.0.0.19/24" }), SERVER);
    web.push(leaving);
    await lab.applyEverywhere(table());
    const wall = "add table ip wall; add chain ip wall through { type filter hook forward priority 0; }; ";
    lab.run(host2, "nft", `${wall} add rule ip wall through ip daddr 10.0.0.19 tcp dport ${SERVER.tcp} drop`);
    // Each backend in turn: one of the two waits for an answer of the task that is walled in.
    const connections = [1, 2].map(() => lab.converse("client", "tcp", host3.address, WEB));
    const answers = Promise.all(connections.map((connection) => connection.say("hello")));
    const unanswered = ["--proto", "tcp", "--state", "SYN_SENT", "--reply-src", "10.0.0.19"];
    await waitFor("a first packet without an answer", () => lab.run(host3, "conntrack", "-L", ...unanswered) !== "");
    await lab.applyEverywhere(table([leaving.id]));
    await lab.stopTask(leaving);
    web.pop();
    assert.deepEqual(await answers, [`${kept.id} ${CLIENT}`, `${kept.id} ${CLIENT}`]);
    lab.run(host2, "nft", "delete table ip wall");
    await lab.applyEverywhere(table());
    for (const connection of connections) await connection.end();
  });

  it("loses no connection while tasks come, drain and go", async () => {
    const callers = await Promise.all(lab.hosts.map(({ address }) => lab.hammer("client", address, WEB)));
    for (let number = 3; number <= 5; number++) {
      const address = `10.0.0.${10 + number}/24`;
      web.push(await lab.startTask(host2, task(`web${number}`, { ingressAddress: address }), SERVER));
      await lab.applyEverywhere(table());
      // What comes next is what the managers do: every host has acknowledged before the task is stopped.
      const leaving = web.at(-1) as LabTask;
      await lab.applyEverywhere(table([leaving.id]));
      await lab.stopTask(leaving);
      web.pop();
      await lab.applyEverywhere(table());
    }
    await stopAll(callers);
  });

  it("leads a first published port to a task that runs, and takes the last one from it, as it goes on calling", async () => {
    const name = "late9";
    const ports = [port("UDP", HELD, SERVER.udp, "HOST")];
    const plain = await lab.startTask(host1, task(name, { ports }), SERVER);
    // Outward, under its host's address: over the link that is about to be replaced.
    const program = join(import.meta.dirname, "network-task.ts");
    const outside = lab.talk("client", process.execPath, program, "outside", ...Object.values(OUTSIDE).map(String));
    await outside.say("are you there");
    const calling = lab.converse(plain, "tcp", CLIENT, OUTSIDE.tcp);
    const answer = `outside ${host1.address}`;
    assert.equal(await calling.say("before"), answer);
    const asking = lab.converse("client", "udp", host1.address, HELD);
    assert.equal(await asking.say("before"), `${plain.id} ${CLIENT}`);
    const isIn = (tasks: readonly LabTask[]): readonly NetworkTable[] => [
      ingressTable(lab.hosts, {
        tasks: tasks.map(({ id, host }) => ({ id, host, address: "10.0.0.19/24" })),
        ports: [port("TCP", LATE, SERVER.tcp)],
      }),
    ];
    for (let round = 0; round < 2; round++) {
      await lab.call(host1, "update", task(name, { ingressAddress: "10.0.0.19/24", ports }));
      await lab.applyEverywhere(isIn([plain]));
      for (const host of lab.hosts) assert.equal(lab.ask("client", "tcp", host.address, LATE), `${plain.id} ${CLIENT}`);
      const callers = await Promise.all(lab.hosts.map(({ address }) => lab.hammer("client", address, LATE)));
      assert.equal(await calling.say("published"), answer);
      assert.equal(await asking.say("published"), `${plain.id} ${CLIENT}`);
      const meanwhile = lab.converse(plain, "tcp", CLIENT, OUTSIDE.tcp);
      assert.equal(await meanwhile.say("from the new address"), answer);
      await stopAll(callers);
      await lab.applyEverywhere(isIn([]));
      await lab.call(host1, "update", task(name, { ports }));
      const asked = performance.now();
      assert.equal(await meanwhile.say("from an address that has gone"), "silent");
      assert.ok(performance.now() - asked < ENDED_MS, "the connection was ended, not waited for");
      assert.equal(lab.ask("client", "tcp", host2.address, LATE), "refused");
      assert.equal(await calling.say("no more"), answer);
      assert.equal(await asking.say("no more"), `${plain.id} ${CLIENT}`);
    }
    assert.deepEqual(await lab.call(host1, "repair"), []);
    await lab.stopTask(plain);
    await lab.applyEverywhere(table());
  });

  it("publishes host-mode ports only on the task's host, chooses free ones, and refuses taken ones", async () => {
    const ports = [
      port("TCP", 8000, SERVER.tcp, "HOST"),
      port("TCP", 0, SERVER.tcp, "HOST"),
      port("UDP", 5300, SERVER.udp, "HOST"),
    ];
    const hosted = await lab.startTask(host3, task("hosted", { ports }), SERVER);
    const dynamic = hosted.network.hostPorts[1]?.publishedPort ?? 0;
    assert.ok(dynamic >= 32_768 && dynamic <= 60_999, `chosen port ${dynamic}`);
    for (const port of [8000, dynamic])
      assert.equal(lab.ask("client", "tcp", host3.address, port), `${hosted.id} ${CLIENT}`);
    assert.equal(lab.ask("client", "udp", host3.address, 5300), `${hosted.id} ${CLIENT}`);
    assert.match(lab.ask(host3, "tcp", "127.0.0.1", 8000), new RegExp(`^${hosted.id}`));
    assert.match(lab.ask(host3, "tcp", host3.address, 8000), new RegExp(`^${hosted.id}`));
    assert.equal(lab.ask("client", "tcp", host1.address, 8000), "refused");
    await assert.rejects(
      lab.call(host3, "attach", task("rival", { ports: ports.slice(0, 1) })),
      /host port tcp\/8000 is already in use by task hosted/,
    );
    await lab.stopTask(hosted);
    assert.equal(lab.ask("client", "tcp", host3.address, 8000), "refused");
  });

  it("finds its tasks again when the daemon is killed, and disturbs no connection", async () => {
    const kept = web[0] as LabTask;
    const open = lab.converse("client", "tcp", host3.address, WEB);
    assert.match(await open.say("before"), new RegExp(`^${kept.id}`));
    await lab.killDaemon(kept.host);
    assert.match(await open.say("meanwhile"), new RegExp(`^${kept.id}`));
    lab.startDaemon(kept.host);
    assert.deepEqual(await lab.call(kept.host, "attached"), [kept.id]);
    assert.deepEqual(await lab.call(kept.host, "repair"), [], "nothing is done before the tables are known");
    await lab.call(kept.host, "apply", table());
    assert.match(await open.say("after"), new RegExp(`^${kept.id}`));
    assert.deepEqual(
      await lab.call(kept.host, "attach", task("web2", { ingressAddress: "10.0.0.12/24" })),
      kept.network,
    );
    await open.end();
  });

  it("leads a UDP client to another task whose own one went while its entry host had no daemon", async () => {
    const [kept] = web as [LabTask];
    const leaving = await lab.startTask(host2, task("web9", { ingressAddress: "10.0.0.19/24" }), SERVER);
    web.push(leaving);
    await lab.applyEverywhere(table());
    // Each backend in turn.
    const asking = [1, 2].map(() => lab.converse("client", "udp", host3.address, DNS));
    const first = await Promise.all(asking.map((client) => client.say("before")));
    assert.deepEqual(first.toSorted(), [kept.id, leaving.id].map((id) => `${id} ${CLIENT}`).toSorted());
    await lab.killDaemon(host3);
    await lab.stopTask(leaving);
    web.pop();
    for (const host of [host1, host2]) await lab.call(host, "apply", table());
    lab.startDaemon(host3);
    await lab.call(host3, "apply", table());
    // The search for what is outdated goes on beside; the next run begins when it is done.
    await lab.call(host3, "apply", table());
    for (const client of asking) assert.equal(await client.say("after"), `${kept.id} ${CLIENT}`);
    for (const client of asking) await client.end();
  });

  it("repairs what somebody broke, and says what it was", async () => {
    const kept = web[0] as LabTask;
    for (const [host, words, ...argv] of damageTo(host3, kept)) {
      lab.run(host, ...argv);
      const findings = await lab.call<readonly string[]>(host, "repair");
      assert.match(findings.join("\n"), words, argv.join(" "));
      assert.equal(lab.ask("client", "tcp", host3.address, WEB), `${kept.id} ${CLIENT}`, `after ${argv.join(" ")}`);
      assert.deepEqual(await lab.call(host, "repair"), [], `nothing is wrong any more after ${argv.join(" ")}`);
    }
  });

  it("hears what somebody broke, and repairs it without being asked", async () => {
    const kept = web[0] as LabTask;
    for (const host of [host3, kept.host]) await lab.call(host, "listen");
    for (const [host, words, ...argv] of damageTo(host3, kept)) {
      await lab.call(host, "heard");
      lab.run(host, ...argv);
      const findings: string[] = [];
      const isHeard = async (): Promise<boolean> => {
        findings.push(...(await lab.call<readonly string[]>(host, "heard")));
        return words.test(findings.join("\n"));
      };
      await waitFor(`the finding after ${argv.join(" ")}`, isHeard).catch((error: unknown) => {
        throw new Error(`${argv.join(" ")} -> ${JSON.stringify(findings)}`, { cause: error });
      });
      assert.equal(lab.ask("client", "tcp", host3.address, WEB), `${kept.id} ${CLIENT}`, `after ${argv.join(" ")}`);
    }
  });

  it("leaves other people's rules, devices and routes alone", async () => {
    lab.run(
      host1,
      "nft",
      "add table ip foreign; add chain ip foreign keep { type filter hook forward priority 0; policy drop; }",
    );
    lab.run(host1, "ip", "link", "add", "name", "other0", "type", "bridge");
    lab.run(host1, "ip", "route", "add", "unreachable", "10.50.0.0/24");
    const findings: string[] = [];
    for (let round = 0; round < 2; round++) findings.push(...(await lab.call<readonly string[]>(host1, "repair")));
    // The repair that goes on beside may have been first.
    findings.push(...(await lab.call<readonly string[]>(host1, "heard")));
    const warnings = findings.filter((finding) => finding.startsWith("another program's packet rules drop"));
    assert.equal(warnings.length, 1, findings.join("\n"));
    assert.match(warnings[0] ?? "", /\(ip foreign keep\)/);
    await lab.call(host1, "teardown");
    assert.match(lab.run(host1, "nft", "list", "tables"), /^table ip foreign\n$/);
    assert.match(lab.run(host1, "ip", "-br", "link"), /other0/);
    assert.doesNotMatch(lab.run(host1, "ip", "-br", "link"), /sw-|swi-|swe-/);
    assert.match(lab.run(host1, "ip", "route"), /unreachable 10\.50\.0\.0\/24/);
    assert.doesNotMatch(lab.run(host1, "ip", "route"), /10\.0\.0\.|172\.31/);
  });
});

/** None of their requests failed, and there were some. */
async function stopAll(callers: readonly Hammer[]): Promise<void> {
  for (const caller of callers) {
    const { answered, failed } = await caller.stop();
    assert.equal(failed, 0, `${failed} of ${answered + failed} connections failed`);
    assert.ok(answered > 0, "nothing was asked");
  }
}

/** What somebody does on which host, and what is found then. */
function damageTo(host3: LabHost, kept: LabTask): readonly (readonly [LabHost, RegExp, ...string[]])[] {
  return [
    [host3, /table of packet rules was missing/, "nft", "delete", "table", "ip", "swarm"],
    [host3, /packet rules had been changed/, "nft", "flush", "chain", "ip", "swarm", "prerouting"],
    [host3, /route 10\.0\.0\.12 .*was missing/, "ip", "route", "del", "10.0.0.12"],
    [host3, /sw-vx4096 was missing/, "ip", "link", "del", "sw-vx4096"],
    [host3, /sw-vx4096 was down/, "ip", "link", "set", "sw-vx4096", "down"],
    [host3, /forwarding entry .* was missing/, "bridge", "fdb", "del", "02:42:0a:00:00:02", "dev", "sw-vx4096"],
    [host3, /neighbour .* was missing/, "ip", "neighbour", "flush", "dev", "sw-vx4096", "nud", "permanent"],
    [host3, /ip_forward was 0/, "sysctl", "-qw", "net.ipv4.ip_forward=0"],
    [kept.host, /sw-egress was down/, "ip", "link", "set", "sw-egress", "down"],
    [kept.host, /swi-web2.* was missing/, "ip", "link", "del", `swi-${kept.id.slice(0, 11)}`],
    [kept.host, /address 10\.0\.0\.2\/24 .*was missing/, "ip", "address", "del", "10.0.0.2/24", "dev", "sw-vx4096"],
  ];
}
