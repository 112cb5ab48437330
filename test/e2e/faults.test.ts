/** What history asks of a swarm in trouble: partitions, dead daemons, lost majorities, managers that leave for good. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { Lab } from "../support/lab.ts";
import {
  leaderOf,
  nodeOf,
  nodesOf,
  runningTasks,
  type TaskRow,
  tasksOf,
  untilAllReady,
  untilRunning,
} from "../support/services.ts";
import { waitFor } from "../support/wait.ts";

const CLIENT = "10.77.0.200";
const MANAGERS = ["host1", "host2", "host3"];
const REPLICAS = 6;
/** Namespaces are named after the start of their task's id. */
const NAMESPACE_ID_LENGTH = 12;

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

  /** How often each manager has taken up the leader's parts since its log began. */
  const leaderships = async (): Promise<readonly number[]> =>
    await Promise.all(
      MANAGERS.map(async (host) => (await lab.logs(host)).split("this manager leads the swarm").length - 1),
    );

  it("keep their leader while a service waits that no node suits, whatever its constraint is named after", async () => {
    const before = await leaderships();
    const constraint = ["--constraint", "node.labels.constructor==y"];
    await lab.ctl("host1", "service", "create", "-d", "--name", "waits", ...constraint, "nginx");
    await waitFor("the task says why it waits", async () => {
      const [task] = await tasksOf(lab, "host2", "waits");
      return task?.CurrentState.startsWith("Pending") === true && /no suitable node/.test(task.Error);
    });
    await lab.ctl(
      "host1",
      "service",
      "create",
      "--name",
      "beside",
      "--constraint",
      "node.labels.__proto__!=y",
      "nginx",
    );
    await lab.ctl("host1", "node", "update", "--label-add", "constructor=y", "host4");
    await untilRunning(lab, "host1", "waits", 1, ([task]) => task?.Node === "host4");
    await lab.ctl("host1", "node", "update", "--label-rm", "constructor", "host4");
    await lab.ctl("host1", "service", "rm", "waits", "beside");
    assert.deepEqual(await leaderships(), before);
  });

  it("leave no network namespace without a task when a host is drained and active again at once, under updates", async () => {
    for (let round = 0; round < 4; round++) {
      await lab.ctl("host1", "service", "update", "-d", "--env-add", `ROUND=${round}`, "web");
      for (const availability of ["drain", "active"]) {
        await lab.ctl("host1", "node", "update", "--availability", availability, "host4");
      }
    }
    await untilAgreed("host1");
    for (const host of lab.hosts) {
      const wanted = (await runningTasks(lab, "host1", "web")).filter(({ Node }) => Node === host);
      const names = (await lab.exec(host, "ls", "/run/swarm/network/netns")).split("\n").filter(Boolean);
      assert.deepEqual(names.sort(), wanted.map(({ ID }) => `swarm-${ID.slice(0, NAMESPACE_ID_LENGTH)}`).sort(), host);
    }
  });

  it("end a daemon soon after SIGTERM whose container has a health check that hangs", async () => {
    const check = ["--health-cmd", "test ! -e /tmp/ill || sleep 600", "--health-interval", "1s"];
    const where = ["--constraint", "node.hostname==host4"];
    await lab.ctl(
      "host1",
      "service",
      "create",
      "--name",
      "ill",
      ...check,
      "--health-timeout",
      "10m",
      ...where,
      "nginx",
    );
    const [task] = await runningTasks(lab, "host1", "ill");
    const pid = (await lab.exec("host4", "cat", `/run/swarm/containers/${task?.ID}/pid`)).trim();
    await lab.exec("host4", "touch", `/proc/${pid}/root/tmp/ill`);
    await waitFor("the check to hang", async () =>
      (await lab.exec("host4", "ps", "axo", "args")).includes("sleep 600"),
    );
    await lab.stopDaemon("host4");
    assert.doesNotMatch(await lab.logs("host4"), /the daemon did not stop completely|did not stop within/);
    assert.doesNotMatch(await lab.exec("host4", "ps", "axo", "args"), /sleep 600/);
    await lab.startDaemon("host4");
    await lab.ctl("host1", "service", "rm", "ill");
    await untilAllReady(lab, "host1");
  });

  it("have a manager more although it and others died before it had joined them", async () => {
    // With its new certificate, but out of the others' reach: nobody can become a manager whom they cannot call.
    const wall = "add table ip wall; add chain ip wall in { type filter hook input priority 0; }; ";
    await lab.exec("host4", "nft", `${wall} add rule ip wall in tcp dport 2377 reject`);
    await lab.ctl("host1", "node", "promote", "host4");
    const says = async (sentence: RegExp): Promise<boolean> =>
      sentence.test((await lab.tryCtl("host4", "node", "ls")).stderr);
    await waitFor("host4 says what it waits for", () => says(/not a swarm manager yet and keeps trying: .*2377/));
    await Promise.all(["host4", "host2", "host3"].map((host) => lab.killDaemon(host)));
    await lab.exec("host4", "nft", "delete table ip wall");
    await lab.startDaemon("host4");
    // There is no leader to join: it looks after its containers meanwhile, and they are served.
    await waitFor("host4 waits for the others", () => says(/not a swarm manager yet and keeps trying: /));
    await untilServing("host4");
    for (const host of ["host2", "host3"]) await lab.startDaemon(host);
    await waitFor(
      "host4 is a manager",
      async () => (await nodeOf(lab, "host4", "host4")).ManagerStatus === "Reachable",
    );
    await untilAllReady(lab, "host4");
    await untilAgreed("host4");
    await lab.ctl("host1", "node", "demote", "host4");
    await waitFor("host4 is a worker again", () => says(/Worker nodes can't be used/));
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

  it("let a host go that cannot take up its part, with all that it ran", async () => {
    await waitFor("tasks on host4", async () => (await containersOf("host4")).size > 0);
    await lab.killDaemon("host4");
    await lab.exec("host4", "rm", "-r", "/var/lib/swarm/certificates");
    await lab.startDaemon("host4");
    assert.ok((await containersOf("host4")).size > 0);
    await waitFor("the refusal to leave", async () =>
      /certificate is missing.*--force/.test((await lab.tryCtl("host4", "leave")).stderr),
    );
    await lab.ctl("host4", "leave", "--force");
    for (const path of ["containers", "network/netns", "oci"]) {
      assert.equal((await lab.exec("host4", "ls", `/run/swarm/${path}`)).trim(), "", path);
    }
  });
});
