import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { DockerCli } from "../support/docker-cli.ts";
import { Lab } from "../support/lab.ts";
import { waitFor } from "../support/wait.ts";

interface Row {
  readonly ID: string;
  readonly Name: string;
  readonly Replicas: string;
  readonly CurrentState: string;
  readonly Node: string;
}

/** Three managers; docker is asked on any of them, since each must answer for all. */
describe("docker's own command line", { timeout: 600_000 }, () => {
  let lab: Lab;
  let docker: DockerCli;
  before(async () => {
    lab = await Lab.up(3, { noSwarm: true });
    docker = await DockerCli.on(lab);
  });
  after(async () => {
    docker[Symbol.dispose]();
    await lab[Symbol.asyncDispose]();
  });
  /** What it says on standard error, with its exit code. */
  const refused = async (host: string, ...args: string[]): Promise<string> => {
    const { exitCode, stderr } = await docker.try(host, ...args);
    assert.equal(exitCode, 1, `${args.join(" ")}: ${stderr}`);
    return stderr.trim();
  };

  it("speaks to a daemon that is in no swarm, and is told so", async () => {
    const version = await docker.json<{ Server: { ApiVersion: string; Platform: { Name: string } } }>(
      "host1",
      "version",
      "--format",
      "json",
    );
    assert.equal(version[0]?.Server.ApiVersion, "1.50");
    assert.equal(
      await docker.run("host1", "info", "--format", "{{.Swarm.LocalNodeState}} {{.OSType}}"),
      "inactive linux",
    );
    assert.match(await refused("host1", "node", "ls"), /This node is not a swarm manager\. Use "docker swarm init"/);
    assert.match(await refused("host1", "swarm", "leave"), /not part of a swarm/);
  });

  it("makes a swarm, joins it, and shows its nodes from each manager", async () => {
    const made = await docker.run(
      "host1",
      "swarm",
      "init",
      "--advertise-addr",
      lab.ip("host1"),
      "--task-history-limit",
      "3",
    );
    assert.match(made, /^Swarm initialized: current node \([a-z0-9]{25}\) is now a manager\./);
    assert.match(made, /docker swarm join --token SWMTKN-1-\S+ 10\.77\.0\.1:2377/);
    assert.match(await refused("host1", "swarm", "init"), /already part of a swarm/);
    const token = await docker.run("host1", "swarm", "join-token", "-q", "manager");
    for (const host of ["host2", "host3"]) {
      const joined = await docker.run(host, "swarm", "join", "--token", token, `${lab.ip("host1")}:2377`);
      assert.equal(joined, "This node joined a swarm as a manager.");
    }
    for (const host of lab.hosts) {
      const names = await docker.run(host, "node", "ls", "--format", "{{.Hostname}} {{.Status}} {{.Availability}}");
      assert.equal(names, lab.hosts.map((each) => `${each} Ready Active`).join("\n"));
    }
    const spec = await docker.run(
      "host2",
      "info",
      "--format",
      "{{.Swarm.Cluster.Spec.Orchestration.TaskHistoryRetentionLimit}}",
    );
    assert.equal(spec, "3");
    assert.equal(await docker.run("host3", "swarm", "update", "--task-history-limit", "4"), "Swarm updated.");
    const before = await docker.run("host1", "swarm", "join-token", "-q", "worker");
    assert.notEqual(await docker.run("host1", "swarm", "join-token", "-q", "--rotate", "worker"), before);
    assert.match(await refused("host1", "swarm", "unlock-key"), /no unlock key is set/);
  });

  it("changes nodes by name and id", async () => {
    assert.equal(await docker.run("host1", "node", "update", "--label-add", "zone=b", "host2"), "host2");
    const [node] = await docker.json<{ Spec: { Labels: object } }>("host3", "node", "inspect", "host2");
    assert.deepEqual(node?.Spec.Labels, { zone: "b" });
    assert.equal(
      await docker.run("host1", "node", "ls", "-q", "--filter", "node.label=zone=b").then((ids) => ids.length),
      25,
    );
    assert.match(await docker.run("host1", "node", "inspect", "--pretty", "self"), /Hostname:\s+host1/);
    assert.match(await refused("host1", "node", "inspect", "nobody"), /nobody/);
    assert.match(await refused("host1", "node", "rm", "host2"), /host2/);
  });

  it("creates, lists, inspects, scales, updates, rolls back and removes a service", async () => {
    const created = await docker.run(
      "host2",
      ...["service", "create", "--quiet", "--name", "web", "--replicas", "2", "--env", "A=1"],
      ...["--label", "tier=front", "--publish", "8080:80", "--update-parallelism", "0", "--limit-cpu", "0.5"],
      ...["--no-resolve-image", "whoami"],
    );
    assert.match(created, /^[a-z0-9]{25}$/m);
    const [row] = await docker.json<Row>("host3", "service", "ls", "--format", "json");
    assert.deepEqual([row?.Name, row?.Replicas], ["web", "2/2"]);
    const tasks = await docker.json<Row>("host1", "service", "ps", "--format", "json", "web");
    assert.deepEqual(tasks.map(({ Name }) => Name).sort(), ["web.1", "web.2"]);
    assert.ok(tasks.every(({ CurrentState }) => CurrentState.startsWith("Running")));
    assert.notEqual(await lab.fetch("host1", "/", 8080), null);
    const posted = await specOf("web");
    assert.partialDeepStrictEqual(posted, {
      Labels: { tier: "front" },
      TaskTemplate: { ContainerSpec: { Image: "whoami:latest", Env: ["A=1"], Init: false } },
      Mode: { Replicated: { Replicas: 2 } },
      UpdateConfig: { Parallelism: 0 },
    });
    assert.match(
      await docker.run("host1", "service", "inspect", "--pretty", "web"),
      /UpdateConfig:\s+Parallelism:\s+0/,
    );

    assert.match(await docker.run("host1", "service", "scale", "--detach", "web=1"), /web scaled to 1/);
    await docker.run("host1", "service", "update", "--quiet", "--env-add", "B=2", "--env-rm", "A", "web");
    assert.partialDeepStrictEqual(await specOf("web"), { TaskTemplate: { ContainerSpec: { Env: ["B=2"] } } });
    await docker.run("host3", "service", "rollback", "--quiet", "web");
    assert.partialDeepStrictEqual(await specOf("web"), { TaskTemplate: { ContainerSpec: { Env: ["A=1"] } } });
    assert.equal(await docker.run("host2", "service", "rm", "web"), "web");
    assert.match(await refused("host2", "service", "rm", "web"), /service web not found/);
    assert.match(await refused("host2", "service", "inspect", "web"), /no such service: web/);
  });

  it("gives an update that changes nothing of the tasks no new tasks", async () => {
    await docker.run("host1", "service", "create", "--quiet", "--name", "calm", "--no-resolve-image", "whoami");
    const ids = (): Promise<string> => docker.run("host1", "service", "ps", "-q", "calm");
    const before = await ids();
    await docker.run("host1", "service", "update", "--quiet", "--label-add", "a=b", "calm");
    assert.equal(await ids(), before);
    await docker.run("host1", "service", "rm", "calm");
  });

  it("leaves what it cannot say of a service as it is", async () => {
    const ours = ["--pre-deploy", "true", "--max-unavailable", "1", "--priority", "60", "--lost-after", "5m"];
    const task = ["--init-step", "true", "--affinity", "service!=kept,soft", "--update-monitor", "100ms"];
    await lab.ctl("host1", "service", "create", "--name", "kept", ...ours, ...task, "busybox", "sleep", "1000");
    const before = await specOf("kept");
    await docker.run("host2", "service", "update", "--quiet", "--env-add", "A=1", "kept");
    const after = await specOf("kept");
    const { TaskTemplate } = after as { TaskTemplate: { ContainerSpec: Record<string, unknown> } };
    assert.deepEqual(TaskTemplate.ContainerSpec["Env"], ["A=1"]);
    delete TaskTemplate.ContainerSpec["Env"];
    assert.deepEqual(after, before);
    await docker.run("host1", "service", "rm", "kept");
  });

  it("shows logs of a service and of a task, with details, and follows them", async () => {
    await docker.run(
      "host1",
      ...["service", "create", "--quiet", "--name", "talk", "--replicas", "2"],
      ...["--no-resolve-image", "busybox", "sh", "-c", "echo hello; echo oops >&2; sleep 1000"],
    );
    await waitFor("the lines of both tasks", async () => {
      const { stdout } = await docker.try("host2", "service", "logs", "talk");
      return stdout.match(/hello/g)?.length === 2;
    });
    const { stdout, stderr } = await docker.try("host3", "service", "logs", "talk");
    assert.match(stdout, /^talk\.1\.\w{12}@host\d\s+\| hello$/m);
    assert.match(stderr, /^talk\.2\.\w{12}@host\d\s+\| oops$/m);
    const [first = ""] = (await docker.run("host1", "service", "ps", "-q", "--no-trunc", "talk")).split("\n");
    assert.equal(await docker.run("host2", "service", "logs", "--raw", first), "hello");
    // The last line of all is that of one output or of the other.
    const last = await docker.try("host2", "service", "logs", "--raw", "--timestamps", "--tail", "1", first);
    assert.match(`${last.stdout}${last.stderr}`, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z \w+\n$/);
    const followed = await lab.tryExec("host1", "timeout", "3", ...following("talk"));
    assert.equal(followed.exitCode, 124);
    assert.match(followed.stdout, /hello/);
    await docker.run("host1", "service", "rm", "talk");
    const gone = await docker.try("host1", "service", "logs", "talk");
    assert.match(gone.stderr, /no such task or service: talk/);
  });

  it("keeps secrets and configs, and gives them to a service", async (t) => {
    const file = join(tmpdir(), `swarm-docker-secret-${process.pid}`);
    t.after(() => rmSync(file, { force: true }));
    writeFileSync(file, "planted");
    assert.match(await docker.run("host1", "secret", "create", "--label", "a=b", "password", file), /^[a-z0-9]{25}$/);
    assert.match(await docker.run("host2", "config", "create", "settings", file), /^[a-z0-9]{25}$/);
    assert.match(await refused("host1", "secret", "create", "password", file), /already exists/);
    assert.equal(await docker.run("host3", "secret", "ls", "--format", "{{.Name}} {{.Labels}}"), "password a=b");
    assert.ok(!(await docker.run("host3", "secret", "inspect", "password")).includes("planted"));
    assert.match(await docker.run("host3", "config", "inspect", "--pretty", "settings"), /Data:\nplanted/);
    await docker.run(
      "host1",
      ...["service", "create", "--quiet", "--name", "reader", "--secret", "password"],
      ...["--config", "source=settings,target=/etc/settings,mode=0440", "--no-resolve-image"],
      ...["busybox", "sh", "-c", "cat /run/secrets/password /etc/settings; sleep 1000"],
    );
    await waitFor("both files' content", async () => {
      const { stdout } = await docker.try("host1", "service", "logs", "--raw", "reader");
      return stdout.includes("plantedplanted");
    });
    assert.match(await refused("host1", "secret", "rm", "password"), /in use by service reader/);
    await docker.run("host1", "service", "rm", "reader");
    assert.equal(await docker.run("host1", "secret", "rm", "password"), "password");
    assert.equal(await docker.run("host1", "config", "rm", "settings"), "settings");
  });

  it("waits for a progress that does not come, and says why an update is paused", async () => {
    await docker.run("host1", "service", "create", "--quiet", "--name", "frail", "--no-resolve-image", "whoami");
    const { exitCode, stderr, stdout } = await docker.try(
      "host1",
      ...["service", "update", "--update-monitor", "3s", "--image", "crash", "--no-resolve-image", "frail"],
    );
    assert.equal(exitCode, 1, stdout);
    assert.match(`${stderr}${stdout}`, /service update paused: /);
    await docker.run("host1", "service", "rm", "frail");
  });

  it("lets a worker answer as Docker's worker does, and a node leave", async () => {
    await docker.run("host1", "node", "demote", "host3");
    await waitFor(
      "the demotion",
      async () => (await docker.run("host3", "info", "-f", "{{.Swarm.ControlAvailable}}")) === "false",
    );
    assert.match(await refused("host3", "service", "ls"), /Worker nodes can't be used to view or modify cluster state/);
    assert.equal(await docker.run("host3", "swarm", "leave"), "Node left the swarm.");
    assert.match(await refused("host1", "swarm", "leave"), /--force/);
    await waitFor("host3 to be down", async () => (await docker.run("host1", "node", "ls")).includes("Down"));
    assert.equal(await docker.run("host1", "node", "rm", "host3"), "host3");
  });

  async function specOf(name: string): Promise<object> {
    const [service] = await docker.json<{ Spec: object }>("host1", "service", "inspect", name);
    return service?.Spec ?? {};
  }

  function following(name: string): readonly string[] {
    return docker.command("service", "logs", "--follow", name);
  }
});
