/** One swarm of three managers from nothing to healing, as the README promises it. The steps build on each other. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { Lab } from "../support/lab.ts";
import { leaderOf, nodeOf, nodesOf, runningTasks, tasksOf, untilAllReady, untilRunning } from "../support/services.ts";
import { waitFor } from "../support/wait.ts";

const CLIENT = "10.77.0.200";

describe("three managers", () => {
  let lab: Lab;
  before(async () => {
    lab = await Lab.up(3);
  });
  after(async () => {
    await lab?.[Symbol.asyncDispose]();
  });

  it("are all ready, and one of them leads", async () => {
    const nodes = await nodesOf(lab, "host2");
    assert.deepEqual(
      nodes.map(({ Hostname, Status, Availability }) => [Hostname, Status, Availability]),
      [
        ["host1", "Ready", "Active"],
        ["host2", "Ready", "Active"],
        ["host3", "Ready", "Active"],
      ],
    );
    assert.deepEqual(nodes.map(({ ManagerStatus }) => ManagerStatus).sort(), ["Leader", "Reachable", "Reachable"]);
  });

  it("serve nginx on every host, also on the one without a replica and on each host itself", async () => {
    const created = await lab.ctl(
      "host1",
      "service",
      "create",
      "--name",
      "myweb",
      "--replicas",
      "2",
      "-p",
      "80:80",
      "nginx",
    );
    assert.match(created, /converged/);
    const tasks = await untilRunning(lab, "host1", "myweb", 2);
    assert.equal(new Set(tasks.map(({ Node }) => Node)).size, 2, "two replicas lie on two hosts");
    for (const host of lab.hosts) {
      assert.match(await lab.page(host), /nginx/);
      for (const address of [lab.ip(host), "127.0.0.1"]) {
        const page = await lab.exec(host, "curl", "--silent", "--fail", "--max-time", "20", `http://${address}/`);
        assert.match(page, /nginx/, `${host} asks ${address}`);
      }
    }
  });

  it("show containers the client's real address behind the routing mesh", async () => {
    for (const host of lab.hosts) {
      for (let request = 0; request < 4; request++) {
        assert.match(await lab.page(host, "/whoami"), new RegExp(CLIENT.replaceAll(".", "\\.")), host);
      }
    }
  });

  it("print logs of all replicas with the task and host they come from", async () => {
    const logs = await waitFor("access logs of the requests above", async () => {
      const text = await lab.ctl("host3", "service", "logs", "myweb");
      return text.includes(CLIENT) ? text : null;
    });
    assert.match(logs, /^myweb\.[12]\.[a-z0-9]+@host[123]\s+\| /m);
  });

  it("replace a container that exits with a new task in the same slot", async () => {
    const [victim] = await untilRunning(lab, "host1", "myweb", 2);
    assert.ok(victim !== undefined);
    await lab.exec(victim.Node, "sh", "-c", "kill -9 $(cat /run/swarm/containers/*/pid | head -n 1)");
    const tasks = await untilRunning(lab, "host1", "myweb", 2, (all) => all.every(({ ID }) => ID !== victim.ID));
    assert.ok(
      tasks.some(({ Name }) => Name === victim.Name),
      `a new task fills ${victim.Name}`,
    );
    const history = await tasksOf(lab, "host1", "myweb");
    const dead = history.find(({ ID }) => ID === victim.ID);
    assert.match(dead?.CurrentState ?? "", /^Failed/);
    assert.match(dead?.Error ?? "", /non-zero exit \(137\)/);
  });

  it("keep every container when swarmd is killed, and adopt it when swarmd returns", async () => {
    const before = await untilRunning(lab, "host1", "myweb", 2);
    const host = before[0]?.Node ?? "";
    const manager = lab.hosts.find((name) => name !== host) ?? "";
    const pids = await lab.exec(host, "sh", "-c", "cat /run/swarm/containers/*/pid");
    await lab.killDaemon(host);
    assert.match(await lab.page(host), /nginx/, "the host still answers without its daemon");
    await lab.startDaemon(host);
    await waitFor(`${host} ready again`, async () => (await nodeOf(lab, manager, host)).Status === "Ready");
    assert.equal(await lab.exec(host, "sh", "-c", "cat /run/swarm/containers/*/pid"), pids);
    const after = await untilRunning(lab, manager, "myweb", 2);
    assert.deepEqual(after.map(({ ID }) => ID).sort(), before.map(({ ID }) => ID).sort());
  });

  it("empty a host, where nothing runs when the command ends, and give it tasks when it is active again", async () => {
    const host = (await untilRunning(lab, "host1", "myweb", 2))[0]?.Node ?? "";
    await lab.ctl("host1", "node", "drain", host);
    const left = (await tasksOf(lab, "host1", "myweb")).filter(({ Node }) => Node === host);
    assert.ok(left.some(({ CurrentState }) => CurrentState.startsWith("Shutdown")));
    for (const { CurrentState } of left) assert.match(CurrentState, /^(Shutdown|Failed|Complete|Rejected)/);
    assert.equal((await nodeOf(lab, "host1", host)).Availability, "Drain");
    await untilRunning(lab, "host1", "myweb", 2, (tasks) => tasks.every(({ Node }) => Node !== host));
    await lab.ctl("host1", "node", "update", "--availability", "active", host);
    await lab.ctl("host1", "service", "scale", "myweb=6");
    await untilRunning(lab, "host1", "myweb", 6, (tasks) => tasks.some(({ Node }) => Node === host));
    await lab.ctl("host1", "service", "scale", "myweb=2");
    await untilRunning(lab, "host1", "myweb", 2);
  });

  it("run the tasks of a powered-off host elsewhere, and the host drops them when it returns", async () => {
    const leader = await leaderOf(lab, "host1");
    const tasks = await untilRunning(lab, "host1", "myweb", 2);
    const host = tasks.map(({ Node }) => Node).find((name) => name !== leader) ?? "";
    const manager = lab.hosts.find((name) => name !== host) ?? "";
    const lost = tasks.filter(({ Node }) => Node === host).map(({ ID }) => ID);
    await lab.powerOff(host);
    await untilRunning(lab, manager, "myweb", 2, (all) => all.every(({ Node }) => Node !== host));
    assert.equal((await nodeOf(lab, manager, host)).Status, "Down");
    for (const survivor of lab.hosts.filter((name) => name !== host)) {
      assert.match(await lab.page(survivor), /nginx/, survivor);
    }
    await lab.boot(host);
    await waitFor(`${host} ready again`, async () => (await nodeOf(lab, manager, host)).Status === "Ready");
    await waitFor("the lost tasks to be over", async () => {
      const rows = await tasksOf(lab, manager, "myweb");
      return lost.every((id) => !/^(Running|Starting)/.test(rows.find(({ ID }) => ID === id)?.CurrentState ?? "gone"));
    });
    assert.match(await lab.page(host), /nginx/, "the returned host answers without a replica");
  });

  it("elect another leader when the leader is killed, and go on", async () => {
    const leader = await leaderOf(lab, "host1");
    const survivor = lab.hosts.find((name) => name !== leader) ?? "";
    await lab.killDaemon(leader);
    await waitFor("a write after the leader's death", async () => {
      const { exitCode } = await lab.tryCtl(survivor, "service", "scale", "--detach", "myweb=3");
      return exitCode === 0;
    });
    await untilRunning(lab, survivor, "myweb", 3);
    assert.notEqual(await leaderOf(lab, survivor), leader);
    await lab.startDaemon(leader);
    await untilAllReady(lab, survivor);
  });

  it("replace every task when the image is updated", async () => {
    const before = (await untilRunning(lab, "host1", "myweb", 3)).map(({ ID }) => ID);
    await lab.ctl("host1", "service", "update", "--image", "nginx:1.22-b", "myweb");
    await untilRunning(lab, "host1", "myweb", 3, (tasks) => tasks.every(({ ID }) => !before.includes(ID)));
    const services = await lab.ctlJson<{ Image: string }>("host1", "service", "ls");
    assert.equal(services[0]?.Image, "nginx:1.22-b");
  });

  it("go back to the spec before the update, and forward again", async () => {
    const image = async (): Promise<string | undefined> =>
      (await lab.ctlJson<{ Image: string }>("host1", "service", "ls"))[0]?.Image;
    const status = async (): Promise<string> =>
      (await lab.ctl("host1", "service", "inspect", "--format", "{{.UpdateStatus.State}}", "myweb")).trim();
    assert.equal(await lab.ctl("host1", "service", "rollback", "--quiet", "myweb"), "myweb\n");
    assert.equal(await image(), "nginx:latest");
    assert.match(await status(), /^rollback_(started|completed)$/);
    await untilRunning(lab, "host1", "myweb", 3);
    await lab.ctl("host1", "service", "update", "--rollback", "--quiet", "myweb");
    assert.equal(await image(), "nginx:1.22-b");
    await waitFor("the second rollback to be over", async () => (await status()) === "rollback_completed");
  });

  it("wait, when only ports were changed, until every host serves them, and replace no task", async () => {
    const before = (await untilRunning(lab, "host1", "myweb", 3)).map(({ ID }) => ID);
    assert.match(await lab.ctl("host2", "service", "update", "--publish-add", "8080:80", "myweb"), /converged\n$/);
    for (const host of lab.hosts) assert.match((await lab.fetch(host, "/", 8080)) ?? "no answer", /nginx/, host);
    const after = await runningTasks(lab, "host1", "myweb");
    assert.deepEqual(after.map(({ ID }) => ID).toSorted(), before.toSorted());
  });

  it("go on waiting for an update when the leader is killed", async () => {
    const leader = await leaderOf(lab, "host1");
    const asked = lab.hosts.find((name) => name !== leader) ?? "";
    const waiting = lab.tryCtl(asked, "service", "update", "--force", "--update-delay", "2s", "myweb");
    await waitFor("the update to be under way", async () => {
      const state = await lab.ctl(asked, "service", "inspect", "--format", "{{.UpdateStatus.State}}", "myweb");
      return state.trim() === "updating";
    });
    await lab.killDaemon(leader);
    await waitFor("another leader", async () => {
      const { exitCode, stdout } = await lab.tryCtl(
        asked,
        "node",
        "ls",
        "--format",
        "{{.Hostname}} {{.ManagerStatus}}",
      );
      return exitCode === 0 && /Leader/.test(stdout) && !stdout.includes(`${leader} Leader`);
    });
    await lab.startDaemon(leader);
    const { exitCode, stdout, stderr } = await waiting;
    assert.equal(exitCode, 0, stderr);
    assert.match(stdout, /verify: Service converged\n$/);
    await untilAllReady(lab, asked);
  });

  it("end a wait with the reason when what was asked for will not come, and at once where there is nothing", async () => {
    const sleeper = ["--stop-grace-period", "100ms", "--update-failure-action", "rollback", "busybox", "sleep", "3600"];
    await lab.ctl("host1", "service", "create", "--detach", "--name", "frail", ...sleeper);
    const constraint = ["--constraint", "node.labels.none==such"];
    const quick = ["--restart-delay", "100ms"];
    for (const [words, exitCode, sentence] of [
      [
        ["create", "--name", "failing", ...quick, "busybox", "sh", "-c", "exit 3"],
        1,
        /service failing did not converge: failing\.1 failed \d+ times: task: non-zero exit \(3\)/,
      ],
      [
        ["create", "--name", "absent", ...quick, "--no-resolve-image", "busybox:no-such-tag"],
        1,
        /service absent did not converge: absent\.1 failed \d+ times: .*no-such-tag/,
      ],
      [
        ["update", "--args", "sh -c 'exit 4'", "frail"],
        1,
        /service frail was not changed as asked: update rolled back due to failure .*: task: non-zero exit \(4\)/,
      ],
      [["scale", "frail=0"], 0, /Service frail has 0 replicas/],
      [
        ["create", "--name", "homeless", "--mode", "global", ...constraint, "busybox", "sleep", "3600"],
        0,
        /No node is ready, active and meets the constraints of service homeless/,
      ],
    ] as const) {
      const ran = await lab.tryCtl("host1", "service", ...words);
      assert.match(ran.stdout + ran.stderr, sentence);
      assert.equal(ran.exitCode, exitCode, words.join(" "));
    }
    const waiting = lab.tryCtl("host2", "service", "create", "--name", "gone", ...constraint, "busybox");
    await waitFor("the service that waits for a node", async () => (await tasksOf(lab, "host1", "gone")).length === 1);
    await lab.ctl("host1", "service", "rm", "gone", "failing", "absent", "frail", "homeless");
    const { exitCode, stderr } = await waiting;
    assert.deepEqual([exitCode, stderr], [1, "Error: the service gone was removed in the meantime\n"]);
  });

  it("say why a task does not run", async () => {
    await lab.ctl(
      "host1",
      "service",
      "create",
      "--detach",
      "--name",
      "nowhere",
      "--constraint",
      "node.labels.disk==ssd",
      "busybox",
      "sleep",
      "60",
    );
    await waitFor("the reason in service ps", async () =>
      (await tasksOf(lab, "host1", "nowhere")).some((task) =>
        /scheduling constraints not satisfied on 3 nodes/.test(task.Error),
      ),
    );
    await lab.ctl("host1", "node", "update", "--label-add", "disk=ssd", "host2");
    const [task] = await untilRunning(lab, "host1", "nowhere", 1);
    assert.equal(task?.Node, "host2");
    await lab.ctl("host1", "service", "rm", "nowhere");
  });

  it("run a global service on every host", async () => {
    await lab.ctl(
      "host1",
      "service",
      "create",
      "--detach",
      "--name",
      "everywhere",
      "--mode",
      "global",
      "busybox",
      "sleep",
      "3600",
    );
    const tasks = await untilRunning(lab, "host1", "everywhere", 3);
    assert.deepEqual(tasks.map(({ Node }) => Node).sort(), ["host1", "host2", "host3"]);
    await lab.ctl("host1", "service", "rm", "everywhere");
  });

  it("leave nothing of a removed service: no task, no container, no open port", async () => {
    await lab.ctl("host1", "service", "rm", "myweb");
    await waitFor("no container on any host", async () => {
      for (const host of lab.hosts) {
        const { stdout } = await lab.tryExec(host, "sh", "-c", "ls /run/swarm/containers");
        if (stdout.trim() !== "") return false;
      }
      return true;
    });
    assert.equal(await lab.fetch("host1"), null);
    assert.deepEqual(await lab.ctlJson("host1", "service", "ls"), []);
  });
});
