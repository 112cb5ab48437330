/** What an operator does on an ordinary day asks for nobody's attention: the daemons' logs have no warning of it. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { Lab } from "../support/lab.ts";
import { leaderOf, nodeOf, runningTasks, untilAllReady, untilRunning } from "../support/services.ts";
import { waitFor } from "../support/wait.ts";

/** Pino's number of a warning; errors have more. */
const WARNING = 40;
/** About the machine, not about what was done on it: true where the test runs beside other work. */
const OVERLOADED = "this daemon was held up: the host's processors, disk or memory are overloaded";

describe("an ordinary day of three managers and a worker", () => {
  let lab: Lab;
  before(async () => {
    lab = await Lab.up(4);
  });
  after(async () => {
    await lab?.[Symbol.asyncDispose]();
  });

  /** Lines of all daemons that somebody should look at, with their host. */
  const complaints = async (): Promise<readonly string[]> => {
    const logs = await Promise.all(lab.hosts.map(async (host) => [host, await lab.logs(host)] as const));
    return logs.flatMap(([host, text]) => {
      const lines = text.split("\n").filter((line) => line.startsWith("{"));
      assert.ok(lines.length > 0, `${host} has said something`);
      const isComplaint = ({ level, msg }: { level: number; msg: string }): boolean =>
        level >= WARNING && msg !== OVERLOADED;
      return lines.filter((line) => isComplaint(JSON.parse(line))).map((line) => `${host}: ${line}`);
    });
  };
  const mustBeQuiet = async (): Promise<void> => assert.deepEqual(await complaints(), []);

  const untilRole = (manager: string, host: string, isManager: boolean): Promise<boolean> =>
    waitFor(`${host} to be a ${isManager ? "manager" : "worker"}`, async () => {
      const { ManagerStatus } = await nodeOf(lab, manager, host);
      if (!isManager) return ManagerStatus === "" && (await lab.tryCtl(host, "node", "ls")).exitCode !== 0;
      return ManagerStatus !== "" && (await lab.tryCtl(host, "node", "ls")).exitCode === 0;
    });
  const otherThan = (host: string): string => (host === "host1" ? "host2" : "host1");

  it("begins with services, which are updated, scaled and drained from a host", async () => {
    await lab.ctl("host1", "service", "create", "-d", "--name", "web", "--replicas", "4", "-p", "80:80", "nginx");
    await lab.ctl("host1", "service", "create", "-d", "--name", "each", "--mode", "global", "nginx");
    await untilRunning(lab, "host1", "web", 4);
    await untilRunning(lab, "host1", "each", lab.hosts.length);
    await lab.ctl("host1", "service", "update", "--env-add", "A=1", "web");
    await lab.ctl("host1", "node", "update", "--availability", "drain", "host3");
    await untilRunning(lab, "host1", "web", 4, (tasks) => tasks.every(({ Node }) => Node !== "host3"));
    await lab.ctl("host1", "node", "update", "--availability", "active", "host3");
    await lab.ctl("host1", "service", "scale", "web=8");
    await untilRunning(lab, "host1", "each", lab.hosts.length);
    await mustBeQuiet();
  });

  it("goes on with a demotion and a promotion, of the leader, too", async () => {
    const leader = await leaderOf(lab, "host1");
    const asked = otherThan(leader);
    for (const host of ["host3", leader].filter((name, at, all) => all.indexOf(name) === at)) {
      const by = host === leader ? asked : otherThan(host);
      await lab.ctl(by, "node", "demote", host);
      await untilRole(by, host, false);
      await lab.ctl(by, "node", "promote", host);
      await untilRole(by, host, true);
    }
    await mustBeQuiet();
  });

  it("sees each daemon stopped and started, as for an upgrade", async () => {
    for (const host of lab.hosts.toReversed()) {
      await lab.stopDaemon(host);
      await lab.startDaemon(host);
      await untilAllReady(lab, otherThan(host));
    }
    assert.equal((await runningTasks(lab, "host1", "web")).length, 8);
    await mustBeQuiet();
  });

  it("ends with a host that leaves and services that are removed", async () => {
    await lab.ctl("host4", "leave");
    await waitFor("host4 to be down", async () => (await nodeOf(lab, "host1", "host4")).Status === "Down");
    await untilRunning(lab, "host1", "web", 8);
    await lab.ctl("host1", "node", "rm", "host4");
    await lab.ctl("host1", "service", "rm", "web", "each");
    for (const host of lab.hosts) {
      const containers = async (): Promise<string> => (await lab.exec(host, "ls", "/run/swarm/containers")).trim();
      await waitFor(`nothing on ${host}`, async () => (await containers()) === "");
    }
    await mustBeQuiet();
  });
});
