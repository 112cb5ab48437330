/** Containers by Docker's own command line, on a host in no swarm, and from a manager to a task on another host. */
import assert from "node:assert/strict";
import { chownSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { DockerCli } from "../support/docker-cli.ts";
import { Lab } from "../support/lab.ts";
import { waitFor } from "../support/wait.ts";

describe("docker's command line drives containers", { timeout: 600_000 }, () => {
  let lab: Lab;
  let docker: DockerCli;
  const files = mkdtempSync(join(tmpdir(), "swarm-docker-"));
  before(async () => {
    lab = await Lab.up(2, { noSwarm: true });
    docker = await DockerCli.on(lab);
  });
  after(async () => {
    docker?.[Symbol.dispose]();
    await lab?.[Symbol.asyncDispose]();
    rmSync(files, { recursive: true, force: true });
  });

  const run = (...args: string[]): Promise<string> => docker.run("host1", ...args);
  const shown = (name: string, template: string): Promise<string> => run("inspect", "--format", template, name);
  const refused = async (...args: string[]): Promise<string> => {
    const { exitCode, stderr } = await docker.try("host1", ...args);
    assert.equal(exitCode, 1, `${args.join(" ")}: ${stderr}`);
    return stderr.trim();
  };

  it("that it makes with many flags, and sees them again", async () => {
    // The image is not here yet: 404, pull, and again.
    const flags = ["--hostname", "h1", "-e", "A=b", "-l", "k=v", "--memory", "64m", "--restart", "on-failure:3"];
    const mounts = ["-v", "/srv/made:/made:ro", "-v", "/anon", "--mount", "type=volume,src=vv,dst=/v", "--tmpfs", "/t"];
    const ports = ["-p", "8080:80", "-p", "127.0.0.1:5353:53/udp", "--expose", "99"];
    const health = ["--health-cmd", "true", "--health-interval", "1s"];
    const id = await run(
      "create",
      "--name",
      "web",
      ...flags,
      ...mounts,
      ...ports,
      ...health,
      "busybox",
      "sleep",
      "900",
    );
    assert.match(id.split("\n").at(-1) ?? "", /^[0-9a-f]{64}$/);
    assert.equal(await shown("web", "{{.State.Status}} {{.Path}} {{.Args}}"), "created sleep [900]");
    assert.equal(await run("start", "web"), "web");
    await waitFor("health", async () => (await shown("web", "{{.State.Health.Status}}")) === "healthy");
    assert.equal(await shown("web", "{{json .HostConfig.Binds}}"), '["/srv/made:/made:ro"]');
    assert.equal(await shown("web", "{{json .HostConfig.Tmpfs}}"), '{"/t":""}');
    assert.equal(await shown("web", "{{json .Config.Volumes}}"), '{"/anon":{}}');
    assert.equal(
      await shown("web", "{{.HostConfig.Memory}} {{.HostConfig.RestartPolicy.Name}} {{.Config.Hostname}}"),
      "67108864 on-failure h1",
    );
    assert.equal(await run("port", "web", "80"), "0.0.0.0:8080");
    const listed = await run("ps", "--format", "{{.Names}} {{.Image}} {{.Ports}}", "--filter", "label=k=v");
    assert.equal(listed, "web busybox 99/tcp, 127.0.0.1:5353->53/udp, 0.0.0.0:8080->80/tcp");
    assert.match(await run("ps", "--size", "--format", "{{.Size}}"), /^0B \(virtual [\d.]+MB\)$/);
    const volumes = (await run("volume", "ls", "-q")).split("\n").filter((name) => name !== "vv");
    const shownMounts = await run("ps", "--no-trunc", "--format", "{{.Mounts}}");
    assert.deepEqual(
      shownMounts.split(",").toSorted(),
      ["/srv/made", ...volumes, "vv"].toSorted(),
      "anonymous ones, too",
    );
  });

  it("that it changes, holds, stops and removes, with Docker's words for what cannot be", async () => {
    assert.match(
      await refused("create", "--name", "web", "busybox"),
      /Conflict\. The container name "\/web" is already/,
    );
    assert.match(await refused("rm", "web"), /cannot remove container "web": container is running/);
    await run("rename", "web", "shop");
    assert.match(await refused("start", "web"), /No such container: web/);
    await run("pause", "shop");
    assert.match(await run("ps", "--format", "{{.Status}}"), /\(Paused\)$/);
    assert.match(await refused("pause", "shop"), /is already paused/);
    await run("unpause", "shop");
    await run("update", "--memory", "80m", "--memory-swap", "160m", "--restart", "always", "shop");
    assert.equal(await shown("shop", "{{.HostConfig.Memory}} {{.HostConfig.RestartPolicy.Name}}"), "83886080 always");
    // More than twice the limit of before: where swap is counted with memory, it must grow along.
    await run("update", "--memory", "400m", "--memory-swap", "500m", "shop");
    const swap = "/sys/fs/cgroup/memory/memory.memsw.limit_in_bytes /sys/fs/cgroup/memory.swap.max";
    const limit = await run("exec", "shop", "sh", "-c", `cat ${swap} 2>/dev/null; true`);
    assert.match(limit, /^(524288000|104857600|)$/, "500 MiB with memory, or 100 MiB beside it; none is counted");
    await run("restart", "-t", "0", "shop");
    await run("stop", "-t", "0", "shop");
    await run("stop", "-t", "0", "shop");
    assert.match(await refused("kill", "shop"), /is not running/);
    assert.equal(await shown("shop", "{{.State.Status}} {{.State.Running}}"), "exited false");
    await run("rm", "-v", "shop");
    assert.equal(await run("ps", "-aq"), "");
  });

  it("into and out of which it copies, before the first start, while they run, and after the end", async () => {
    const [local, back] = [join(files, "in"), join(files, "out")];
    writeFileSync(local, "hello\n");
    await run("create", "--name", "box", "-u", "33:34", "busybox", "sleep", "900");
    await run("cp", local, "box:/tmp/one");
    assert.equal(await run("diff", "box"), "C /tmp\nA /tmp/one");
    await run("start", "box");
    await run("cp", "-a", local, "box:/tmp/two");
    await run("stop", "-t", "0", "box");
    await run("cp", local, "box:/tmp/three");
    for (const name of ["one", "two", "three"]) {
      await run("cp", `box:/tmp/${name}`, back);
      assert.equal(readFileSync(back, "utf8"), "hello\n", name);
    }
    assert.match(await refused("cp", "box:/nothing", back), /Could not find the file \/nothing in container box/);
    await run("export", "-o", back, "box");
    const { stdout } = await lab.tryExec("host1", "tar", "-tvf", back, "--numeric-owner", "--wildcards", "tmp/*");
    // With -a it belongs to whom the container runs as.
    assert.match(stdout, / 33\/34 .* tmp\/two$/m);
    assert.match(stdout, / tmp\/three$/m);
    await run("rm", "box");
    // Where it was told no user, to whom the archive says.
    chownSync(local, 4242, 4343);
    await run("create", "--name", "box", "busybox");
    await run("cp", "-a", local, "box:/tmp/four");
    await run("export", "-o", back, "box");
    const { stdout: four } = await lab.tryExec("host1", "tar", "-tvf", back, "--numeric-owner", "--wildcards", "tmp/*");
    assert.match(four, / 4242\/4343 .* tmp\/four$/m);
    await run("rm", "box");
  });

  it("whose volumes it fills before the first start, and reads after the end", async () => {
    const [local, back] = [join(files, "in"), join(files, "out")];
    const mounts = ["-v", "kept:/data", "-v", "/srv/made:/made:ro", "--mount", "type=tmpfs,dst=/t"];
    await run("create", "--name", "keeper", ...mounts, "busybox", "cat", "/data/one");
    await run("cp", local, "keeper:/data/one");
    assert.match(await refused("cp", local, "keeper:/made/no"), /read-only/i);
    assert.equal(await run("start", "-a", "keeper"), "hello");
    await run("cp", "keeper:/data/one", back);
    assert.equal(readFileSync(back, "utf8"), "hello\n");
    const part = "type=volume,src=kept,dst=/part,volume-subpath=one,readonly";
    assert.match(
      await refused("run", "--rm", "--mount", part, "busybox", "sh", "-c", "cat /part; echo >/part"),
      /Read-only/,
    );
    await run("rm", "keeper");
    await run("volume", "rm", "kept");
  });

  it("which lend their volumes to others, and keep them while those have them", async () => {
    const keeps = ["sh", "-c", "echo kept >/data/it; sleep 900"];
    await run("run", "-d", "--name", "lender", "-v", "/data", "-v", "named:/named", "busybox", ...keeps);
    const reads = ["sh", "-c", "cat /data/it; touch /data/no || echo read-only; sleep 900"];
    await run("run", "-d", "--name", "borrower", "--volumes-from", "lender:ro", "busybox", ...reads);
    assert.equal(await shown("borrower", "{{json .HostConfig.VolumesFrom}}"), '["lender:ro"]');
    assert.match(await shown("borrower", "{{range .Mounts}}{{.Destination}}={{.Name}} {{end}}"), /named=named /);
    await run("rm", "-f", "-v", "lender");
    await run("cp", "borrower:/data/it", join(files, "lent"));
    assert.equal(readFileSync(join(files, "lent"), "utf8"), "kept\n");
    await run("rm", "-f", "-v", "borrower");
  });

  it("which are linked on the predefined bridge, and have the hardware address that people choose", async () => {
    const [mac, other] = ["02:42:c0:a8:00:09", "02:42:c0:a8:00:0a"];
    const makes = ["-d", "--mac-address", mac, "--expose", "6379", "-e", "MODE=fast", "busybox", "sleep", "900"];
    await run("run", "--name", "db", ...makes);
    const said = await run("run", "--rm", "--link", "db:store", "busybox", "sh", "-c", "ping -c 1 -w 9 store; env");
    assert.match(said, / 0% packet loss[\s\S]*^STORE_PORT_6379_TCP=tcp:\/\/[\d.]+:6379$/m);
    assert.match(said, /^STORE_ENV_MODE=fast$/m);
    assert.equal(await shown("db", "{{.NetworkSettings.MacAddress}}"), mac);
    assert.equal(await run("exec", "db", "cat", "/sys/class/net/eth0/address"), mac);
    await run("network", "create", "mine");
    await run("run", "-d", "--name", "far", "--network", "mine", "--mac-address", other, "busybox", "sleep", "900");
    assert.match(
      await run("run", "--rm", "--network", "mine", "busybox", "ping", "-c", "1", "-w", "9", "far"),
      / 0% packet/,
    );
    assert.equal(await run("exec", "far", "cat", "/sys/class/net/eth0/address"), other);
    assert.equal(await shown("far", "{{.NetworkSettings.Networks.mine.MacAddress}}"), other);
    await run("stop", "-t", "0", "db");
    assert.match((await docker.try("host1", "run", "--rm", "--link", "db", "busybox")).stderr, /non running container/);
    await run("rm", "-f", "db", "far");
    await run("network", "rm", "mine");
  });

  it("and shows what they use and which processes they have", async () => {
    await run("run", "-d", "--name", "busy", "busybox", "sh", "-c", "while :; do :; done");
    const used = await run("stats", "--no-stream", "--format", "{{.Name}} {{.CPUPerc}} {{.PIDs}}", "busy");
    assert.match(used, /^busy (?!0\.00%)[\d.]+% 1$/);
    assert.match(await run("top", "busy", "-o", "pid,comm"), /^PID\s+COMMAND\n\d+\s+sh$/);
    assert.match(await refused("top", "busy", "-o", "comm"), /PID/);
    await run("rm", "-f", "busy");
  });

  it("and is told of what people do with them, of their networks, and of the volumes that came and went", async () => {
    await run("network", "create", "mine");
    await run("run", "-d", "--name", "seen", "--network", "mine", "-v", "/anon", "busybox", "sleep", "900");
    await run("exec", "seen", "true");
    await run("cp", "seen:/etc/passwd", join(files, "passwd"));
    await run("rm", "-f", "-v", "seen");
    await run("network", "rm", "mine");
    const format = ["--format", "{{.Type}} {{.Action}}"];
    const events = await run("events", "--since", "1m", "--until", `${Math.ceil(Date.now() / 1000) + 1}`, ...format);
    const wanted = ["network connect", "container exec_create: true", "container exec_start: true"];
    const later = ["container exec_die", "container archive-path", "network disconnect", "volume destroy"];
    const found = events.split("\n").filter((line) => wanted.includes(line) || later.includes(line));
    assert.ok(events.includes("volume create"), events);
    assert.deepEqual(found.slice(-7), [...wanted, ...later]);
  });

  it("of which it prunes those that do not run", async () => {
    await run("create", "--name", "keep", "--label", "keep=1", "busybox");
    const gone = await run("create", "--name", "gone", "busybox");
    const pruned = await run("container", "prune", "-f", "--filter", "label!=keep");
    assert.ok(pruned.includes(gone), pruned);
    assert.equal(await run("ps", "-a", "--format", "{{.Names}}"), "keep");
    await run("rm", "keep");
  });

  it("of tasks on other hosts, which a manager finds", async () => {
    await lab.ctl("host1", "init", "--advertise-addr", lab.ip("host1"));
    const token = (await lab.ctl("host1", "join-token", "-q", "worker")).trim();
    await lab.ctl("host2", "join", "--token", token, `${lab.ip("host1")}:2377`);
    const pinned = ["--constraint", "node.hostname==host2", "--container-label", "of=task"];
    await lab.ctl("host1", "service", "create", "--name", "far", ...pinned, "busybox", "sleep", "900");
    assert.equal(await shown("far.1", '{{.State.Status}} {{index .Config.Labels "of"}}'), "running task");
    assert.match(await run("top", "far.1"), /sleep 900$/m);
    writeFileSync(join(files, "far"), "far\n");
    await run("cp", join(files, "far"), "far.1:/tmp/far");
    assert.equal(await run("diff", "far.1"), "C /tmp\nA /tmp/far");
    assert.match(await refused("stop", "far.1"), /No such container|belongs to a service/);
  });
});
