/** What history asks of a swarm in trouble: partitions, dead daemons, lost majorities, managers that leave for good. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { Lab } from "../support/lab.ts";
import { leaderOf, nodesOf, runningTasks, type TaskRow, untilAllReady, untilRunning } from "../support/services.ts";
import { waitFor } from "../support/wait.ts";

const CLIENT = "10.77.0.200";
const MANAGERS = ["host1", "host2", "host3"];
const REPLICAS = 6;

describe("three managers and a worker, in trouble", () => {
  let lab: Lab;
  before(async () => {
    lab = await Lab.up(4);
    await lab.ctl(
      "host1",
      "service",
      "create",
      "-d",
      "--name",
      "web",
      "--replicas",
      `${REPLICAS}`,
      "-p",
      "80:80",
      "nginx",
    );
    await untilRunning(lab, "host1", "web", REPLICAS);
  });
  after(async () => {
    await lab?.[Symbol.asyncDispose]();
  });

  const others = (...hosts: readonly string[]): readonly string[] => MANAGERS.filter((name) => !hosts.includes(name));

  /** As the kernel has it: which tasks have a network on the host, and the first process of each. */
  const containersOf = async (host: string): Promise<ReadonlyMap<string, string>> => {
    const script = [
      "for name in $(ls /run/swarm/network/netns)",
      `do cd /run/swarm/containers/\${name#swarm-}* && echo $(basename $PWD) $(cat pid)`,
      "done",
    ].join("; ");
    const lines = (await lab.exec(host, "sh", "-c", script)).split("\n").filter(Boolean);
    return new Map(lines.map((line) => line.split(" ") as [string, string]));
  };

  /** Enough requests at once that a replica which is not there, but is still believed in, shows. */
  const answersOf = (host: string): Promise<readonly (string | null)[]> =>
    Promise.all(Array.from({ length: 2 * REPLICAS }, () => lab.fetch(host, "/whoami")));

  const untilServing = (host: string): Promise<boolean> =>
    waitFor(`${host} to serve`, async () => (await answersOf(host)).some((answer) => answer?.startsWith(CLIENT)));

  /** Waits until the store and all hosts agree: so many tasks run, each where it should, and nothing else does. */
  const untilAgreed = async (manager: string, hosts: readonly string[] = lab.hosts): Promise<readonly TaskRow[]> =>
    await waitFor("hosts that run what the store says, and nothing else", async () => {
      const tasks = await runningTasks(lab, manager, "web");
      if (tasks.length !== REPLICAS || new Set(tasks.map(({ Name }) => Name)).size !== REPLICAS) return false;
      for (const host of hosts) {
        const wanted = tasks.filter(({ Node }) => Node === host).map(({ ID }) => ID);
        if (wanted.sort().join() !== [...(await containersOf(host)).keys()].sort().join()) return false;
        if ((await answersOf(host)).some((answer) => !answer?.startsWith(CLIENT))) return false;
      }
      return tasks;
    });

  const canWrite = async (manager: string, label: string): Promise<boolean> =>
    (await lab.tryCtl(manager, "node", "update", "--label-add", label, manager)).exitCode === 0;

  it("go on without a leader that was cut off with a worker, and have one history when it is back", async () => {
    const old = await leaderOf(lab, "host1");
    const majority = others(old);
    const manager = majority[0] ?? "";
    await lab.split(majority, [old, "host4"]);
    await waitFor("a write on the majority's side", () => canWrite(manager, "written=by-the-majority"));
    await untilServing("host4");
    assert.equal(await canWrite(old, "written=by-the-minority"), false);
    await untilRunning(lab, manager, "web", REPLICAS, (tasks) => tasks.every(({ Node }) => majority.includes(Node)));
    await lab.joinAll();
    await untilAllReady(lab, old);
    await untilAgreed(old);
    const labels = await Promise.all([old, manager].map((host) => lab.ctl(old, "node", "inspect", host)));
    assert.match(labels.join(), /by-the-majority/);
    assert.doesNotMatch(labels.join(), /by-the-minority/);
  });

  it("lose no container when every daemon is killed at once, and adopt all of them", async () => {
    const before = new Map(await Promise.all(lab.hosts.map(async (host) => [host, await containersOf(host)] as const)));
    await Promise.all(lab.hosts.map((host) => lab.killDaemon(host)));
    for (const host of lab.hosts) assert.match(await lab.page(host, "/whoami"), new RegExp(CLIENT), host);
    await Promise.all(lab.hosts.map((host) => lab.startDaemon(host)));
    await untilAllReady(lab, "host1");
    await untilAgreed("host2");
    for (const host of lab.hosts) assert.deepEqual(await containersOf(host), before.get(host), host);
  });

  it("serve without a majority, say that they have none, and go on when it is back", async () => {
    const [first = "", ...rest] = MANAGERS;
    // Those that came back from a fault got nothing new yet: spread the tasks over all hosts again.
    for (const count of [0, REPLICAS]) {
      await lab.ctl(first, "service", "scale", "-d", `web=${count}`);
      await untilRunning(
        lab,
        first,
        "web",
        count,
        (tasks) => new Set(tasks.map(({ Node }) => Node)).size >= Math.min(count, 4),
      );
    }
    await Promise.all(rest.map((host) => lab.powerOff(host)));
    const refused = await lab.tryCtl(first, "service", "scale", "-d", "web=1");
    assert.notEqual(refused.exitCode, 0);
    assert.match(refused.stderr, /does not have a leader/);
    // From the tasks that are left.
    for (const host of [first, "host4"]) await untilServing(host);
    await Promise.all(rest.map((host) => lab.boot(host)));
    await untilAllReady(lab, first);
    await untilAgreed(first);
  });

  it("keep a quorum when managers leave by force, one after the other, the leader first", async () => {
    const leader = await leaderOf(lab, "host1");
    const [second = "", last = ""] = others(leader);
    await lab.ctl(leader, "leave", "--force");
    await waitFor("a write after the leader left", () => canWrite(last, "left=one"));
    await lab.ctl(second, "leave", "--force");
    await waitFor("a write by the only manager that is left", () => canWrite(last, "left=two"));
    const nodes = await nodesOf(lab, last);
    assert.deepEqual(nodes.map(({ ManagerStatus }) => ManagerStatus).filter(Boolean), ["Leader"]);
    await untilAgreed(last, [last, "host4"]);
    for (const host of [leader, second]) assert.equal((await lab.exec(host, "ls", "/run/swarm/containers")).trim(), "");
  });
});
