/**
 * Gossip in a swarm: who is judged gone, whose tasks move and whose do not, and where traffic goes without managers.
 */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { Lab } from "../support/lab.ts";
import { nodesOf, runningTasks, type TaskRow, untilAllReady, untilRunning } from "../support/services.ts";
import { waitFor } from "../support/wait.ts";

const MANAGER = "host1";
const REPLICAS = 8;
/** Gossip has a silent daemon dead after 2 s. */
const WATCH_MS = 6_000;
/** What moves nothing for so long moves nothing before the grace of 30 s. */
const LONG_WATCH_MS = 10_000;
const POLL_MS = 250;

describe("a manager and three workers that gossip", () => {
  let lab: Lab;
  before(async () => {
    lab = await Lab.up(4, { managers: 1 });
    const service = ["--name", "web", "--replicas", `${REPLICAS}`, "-p", "80:80", "nginx"];
    await lab.ctl(MANAGER, "service", "create", "-d", ...service);
    await untilRunning(lab, MANAGER, "web", REPLICAS);
  });
  after(async () => {
    await lab?.[Symbol.asyncDispose]();
  });

  const statusOf = async (host: string): Promise<string> => {
    const rows = await lab.ctlJson<{ Hostname: string; Status: string; StatusMessage: string }>(MANAGER, "node", "ls");
    const row = rows.find(({ Hostname }) => Hostname === host);
    return `${row?.Status}: ${row?.StatusMessage}`;
  };

  /** To how many tasks the host's kernel sends what comes to port 80. */
  const backendsOf = async (host: string): Promise<number> => {
    const chain = await lab.exec(host, "nft", "list", "chain", "ip", "swarm", "port_tcp_80");
    return Number(/ mod (\d+) /.exec(chain)?.[1] ?? 1);
  };

  const untilBackends = (host: string, count: number): Promise<true | null> =>
    waitFor(`${count} backends on ${host}`, async () => (await backendsOf(host)) === count || null);

  const placesOf = (tasks: readonly TaskRow[]): readonly string[] =>
    tasks.map(({ ID, Node }) => `${ID} ${Node}`).sort();

  /** Does something to a host and looks all the time: no task may move, and none be made. */
  const untouchedWhile = async (
    fault: () => Promise<unknown>,
    look: () => Promise<unknown>,
    watchMs = WATCH_MS,
  ): Promise<void> => {
    const before = placesOf(await runningTasks(lab, MANAGER, "web"));
    await fault();
    for (const endMs = performance.now() + watchMs; performance.now() < endMs; await sleep(POLL_MS)) {
      assert.deepEqual(placesOf(await runningTasks(lab, MANAGER, "web")), before);
      await look();
    }
  };

  const signalDaemon = async (host: string, signal: "STOP" | "CONT"): Promise<void> => {
    // Hosts of the lab share one table of processes: only the one in this host's network is meant.
    const own = "[ /proc/$pid/ns/net -ef /proc/self/ns/net ]";
    const script = `for pid in $(pgrep -f "[s]warmd.mjs"); do ${own} && kill -${signal} $pid; done; true`;
    await lab.exec(host, "sh", "-c", script);
  };

  const block = async (host: string, chain: "input" | "output", protocol: "udp" | "tcp"): Promise<void> => {
    const rule = `${protocol} dport 7946 drop`;
    await lab.exec(host, "nft", "add", "table", "inet", "faults");
    await lab.exec(host, "nft", `add chain inet faults ${chain} { type filter hook ${chain} priority 0; }`);
    await lab.exec(host, "nft", `add rule inet faults ${chain} ${rule}`);
  };

  it("run a dead host's tasks elsewhere, and say why", async () => {
    await lab.powerOff("host4");
    await untilRunning(lab, MANAGER, "web", REPLICAS, (tasks) => tasks.every(({ Node }) => Node !== "host4"));
    assert.match(
      await statusOf("host4"),
      /^Down: gossip dead for \d.* session silent for \d.* seen by [23] of 3; its host does not answer$/,
    );
    await lab.boot("host4");
    await untilAllReady(lab, MANAGER);
    // Spread over all hosts again, for what follows.
    await lab.ctl(MANAGER, "service", "scale", "-d", "web=0");
    await untilRunning(lab, MANAGER, "web", 0);
    await lab.ctl(MANAGER, "service", "scale", "-d", `web=${REPLICAS}`);
    await untilRunning(lab, MANAGER, "web", REPLICAS, (tasks) => new Set(tasks.map(({ Node }) => Node)).size === 4);
    await untilBackends("host2", REPLICAS);
  });

  for (const [what, chains] of [
    ["both ways", ["input", "output"]],
    ["one way", ["input"]],
  ] as const) {
    it(`move nothing while gossip's UDP is blocked ${what}`, async () => {
      await untouchedWhile(
        async () => {
          for (const chain of chains) await block("host4", chain, "udp");
        },
        async () => assert.match(await statusOf("host4"), /^Ready/, "TCP makes up for it"),
      );
      await lab.exec("host4", "nft", "delete", "table", "inet", "faults");
    });
  }

  it("move nothing and go on sending while all of gossip is blocked, for the leader hears the host; and say so", async () => {
    const hosts = ["host2", "host4"];
    await untouchedWhile(
      async () => {
        for (const protocol of ["udp", "tcp"] as const) {
          for (const chain of ["input", "output"] as const) await block("host4", chain, protocol);
        }
        await waitFor("it is unreachable", async () => {
          return /^Disconnected: gossip dead .* but its session speaks/.test(await statusOf("host4"));
        });
        for (const host of hosts) await untilBackends(host, REPLICAS);
      },
      async () => {
        for (const host of hosts) assert.equal(await backendsOf(host), REPLICAS, host);
      },
    );
    await lab.exec("host4", "nft", "delete", "table", "inet", "faults");
    await untilAllReady(lab, MANAGER);
  });

  it("move nothing while a daemon stands still, send it traffic, and have it back", async () => {
    await untouchedWhile(
      () => signalDaemon("host3", "STOP"),
      async () => assert.equal(await backendsOf("host2"), REPLICAS),
      LONG_WATCH_MS,
    );
    assert.match(await statusOf("host3"), /^Disconnected: gossip dead for .* accepts connections but says nothing$/);
    await signalDaemon("host3", "CONT");
    await untilAllReady(lab, MANAGER);
  });

  it("move nothing while a daemon that was killed comes back, and send its containers traffic all the time", async () => {
    await untouchedWhile(
      async () => {
        await lab.killDaemon("host3");
        await waitFor("gossip has it dead", async () => /^Disconnected: gossip dead for/.test(await statusOf("host3")));
        assert.equal(await backendsOf("host2"), REPLICAS);
        await lab.startDaemon("host3");
      },
      async () => assert.equal(await backendsOf("host2"), REPLICAS),
      LONG_WATCH_MS,
    );
    await untilAllReady(lab, MANAGER);
  });

  it("take a dead host out of the mesh with no manager left, and in again when it returns", async () => {
    const on = (host: string, tasks: readonly TaskRow[]): number => tasks.filter(({ Node }) => Node === host).length;
    const tasks = await runningTasks(lab, MANAGER, "web");
    await lab.powerOff(MANAGER);
    const withoutManager = REPLICAS - on(MANAGER, tasks);
    await untilBackends("host2", withoutManager);
    await lab.cut("host4");
    await untilBackends("host2", withoutManager - on("host4", tasks));
    await untilBackends("host3", withoutManager - on("host4", tasks));
    for (const host of ["host2", "host3"]) {
      for (let request = 0; request < 2 * REPLICAS; request++) {
        assert.match(await lab.page(host), /nginx/, `${host} sends to the living only`);
      }
    }
    await lab.heal("host4");
    await untilBackends("host2", withoutManager);
    await untilBackends("host4", withoutManager);
    await lab.boot(MANAGER);
    await untilRunning(lab, MANAGER, "web", REPLICAS);
    await untilAllReady(lab, MANAGER);
    assert.equal((await nodesOf(lab, MANAGER)).length, 4);
    await untilBackends("host2", REPLICAS);
  });

  it("gossip on through a rotation of the keys, which nobody is shown", async () => {
    await untouchedWhile(
      async () => assert.match(await lab.ctl(MANAGER, "gossip-key", "--rotate"), /rotated/),
      async () => {
        for (const host of lab.hosts) assert.match(await statusOf(host), /^Ready: $/);
      },
    );
    assert.match(await lab.ctl(MANAGER, "gossip-key"), /^Generation 2, rotated \d+ seconds ago\.$/m);
  });
});
