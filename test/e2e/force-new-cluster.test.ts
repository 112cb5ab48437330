/** A swarm whose managers have lost their majority for good goes on with one that is left. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { DockerCli } from "../support/docker-cli.ts";
import { Lab } from "../support/lab.ts";
import { type NodeRow, runningTasks, untilRunning } from "../support/services.ts";
import { waitFor } from "../support/wait.ts";

describe("a swarm of three managers and a worker that has lost two managers", { timeout: 900_000 }, () => {
  let lab: Lab;
  let docker: DockerCli;
  let pids = "";
  before(async () => {
    lab = await Lab.up(4, { noSwarm: true });
    docker = await DockerCli.on(lab);
    await lab.ctl("host1", "init", "--advertise-addr", lab.ip("host1"));
    await joinAs("manager", "host2", "host1");
    await joinAs("manager", "host3", "host1");
    await joinAs("worker", "host4", "host1");
  });
  after(async () => {
    docker?.[Symbol.dispose]();
    await lab?.[Symbol.asyncDispose]();
  });

  const joinAs = async (role: "manager" | "worker", host: string, through: string): Promise<void> => {
    const token = (await lab.ctl(through, "join-token", "-q", role)).trim();
    await lab.ctl(host, "join", "--token", token, `${lab.ip(through)}:2377`);
  };
  const refused = async (host: string, ...words: string[]): Promise<string> => {
    const { exitCode, stderr } = await lab.tryCtl(host, ...words);
    assert.equal(exitCode, 1, words.join(" "));
    return stderr;
  };
  const pidsOf = async (...hosts: string[]): Promise<string> => {
    const all = await Promise.all(hosts.map((host) => lab.exec(host, "sh", "-c", "cat /run/swarm/containers/*/pid")));
    return all.join();
  };
  const nodes = async (through: string): Promise<ReadonlyMap<string, string>> => {
    const rows = await lab.ctlJson<NodeRow>(through, "node", "ls");
    return new Map(rows.map(({ Hostname, Status, ManagerStatus }) => [Hostname, `${Status} ${ManagerStatus}`.trim()]));
  };
  const untilNodes = (through: string, expected: Readonly<Record<string, string>>): Promise<unknown> =>
    waitFor(`nodes as seen from ${through} to be ${JSON.stringify(expected)}`, async () => {
      const all = await nodes(through);
      return Object.entries(expected).every(([host, state]) => all.get(host) === state);
    });
  /** Not a word to the others any more, and nothing that comes back. */
  const lose = async (...hosts: string[]): Promise<void> => {
    await Promise.all(hosts.map((host) => lab.powerOff(host)));
  };

  it("is refused while there is a leader, on a worker, and with other settings", async () => {
    await lab.ctl(
      "host1",
      "service",
      "create",
      "--name",
      "kept",
      "--replicas",
      "2",
      "--constraint",
      "node.hostname!=host2",
      "--constraint",
      "node.hostname!=host3",
      "busybox",
      "sleep",
      "100000",
    );
    await lab.ctlWith("hush", "host1", "secret", "create", "word", "-");
    await untilRunning(lab, "host1", "kept", 2);
    pids = await pidsOf("host1", "host4");
    assert.match(await refused("host1", "init", "--force-new-cluster"), /has a leader, so nothing is lost/);
    assert.match(await refused("host4", "swarm", "init", "--force-new-cluster"), /This node is a worker/);
    assert.match(await refused("host1", "init", "--force-new-cluster", "--autolock"), /--autolock cannot be given/);
    const said = await docker.try("host1", "swarm", "init", "--force-new-cluster");
    assert.match(said.stderr, /has a leader, so nothing is lost/);
  });

  it("says what to do when the majority is gone", async () => {
    await lose("host2", "host3");
    assert.match(await refused("host1", "node", "ls"), /--force-new-cluster/);
  });

  it("goes on with the one that is left, and no container notices", async () => {
    const said = await lab.ctl("host1", "swarm", "init", "--force-new-cluster");
    assert.match(said, /is its only manager now/);
    assert.match(said, /host2 \(10\.77\.0\.2:2377\)\n +host3 \(10\.77\.0\.3:2377\)/);
    await untilNodes("host1", { host1: "Ready Leader", host2: "Down", host3: "Down", host4: "Ready" });
    assert.equal(await pidsOf("host1", "host4"), pids);
    assert.equal((await lab.ctl("host1", "secret", "ls", "--format", "{{.Name}}")).trim(), "word");
    await lab.ctl("host1", "service", "scale", "kept=3");
    await untilRunning(lab, "host1", "kept", 3);
    assert.equal((await runningTasks(lab, "host1", "kept")).length, 3);
    assert.match(await refused("host1", "init", "--force-new-cluster"), /only one of its swarm already/);
  });

  it("leads alone, too, when its daemon dies in the middle of it", async () => {
    await lab.ctl("host1", "node", "promote", "host4");
    await untilNodes("host1", { host1: "Ready Leader", host4: "Ready Reachable" });
    await lose("host4");
    const forced = lab.tryCtl("host1", "swarm", "init", "--force-new-cluster", "--advertise-addr", "10.77.0.1:2377");
    await waitFor("the log to be made anew again", async () => {
      return (await lab.logs("host1")).split("the managers' group was made anew").length > 2;
    });
    await lab.killDaemon("host1");
    // It may have been answered by then.
    await forced;
    await lab.startDaemon("host1");
    await untilNodes("host1", { host1: "Ready Leader", host4: "Down" });
    await lab.boot("host4");
    await untilNodes("host1", { host1: "Ready Leader", host4: "Ready" });
    await untilRunning(lab, "host1", "kept", 3);
  });

  it("takes new managers at once", async () => {
    await lab.ctl("host1", "node", "promote", "host4");
    await untilNodes("host1", { host1: "Ready Leader", host4: "Ready Reachable" });
    await untilNodes("host4", { host1: "Ready Leader", host4: "Ready Reachable" });
  });

  it("takes the lost ones back as workers when they return, both at once, and they may be promoted again", async () => {
    await lab.boot("host2");
    await lab.boot("host3");
    await untilNodes("host1", { host1: "Ready Leader", host2: "Ready", host3: "Ready", host4: "Ready Reachable" });
    await waitFor("host2 to know that it is a worker", async () =>
      /not a swarm manager/.test((await lab.tryCtl("host2", "node", "ls")).stderr),
    );
    await lab.ctl("host1", "node", "promote", "host2");
    await untilNodes("host2", { host1: "Ready Leader", host2: "Ready Reachable", host4: "Ready Reachable" });
  });

  it("is forced by docker's command line, too, and a manager that was removed while it was away leaves", async () => {
    await lab.ctl("host1", "node", "demote", "host2");
    await untilNodes("host1", { host2: "Ready", host4: "Ready Reachable" });
    await lose("host4");
    const said = await docker.run("host1", "swarm", "init", "--force-new-cluster");
    assert.match(said, /Swarm initialized: current node \(\w+\) is now a manager/);
    await untilNodes("host1", { host1: "Ready Leader", host4: "Down" });
    await lab.ctl("host1", "node", "rm", "host4");
    await lab.boot("host4");
    await waitFor(
      "host4 to have left",
      async () => (await lab.ctl("host4", "info", "--format", "{{.Swarm.LocalNodeState}}")).trim() === "inactive",
    );
  });
});
