/** Containers of people's own on real hosts: in no swarm, through init and leave, and with a daemon that is killed. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { Lab } from "../support/lab.ts";
import { waitFor } from "../support/wait.ts";

describe("a host runs containers that belong to no service", () => {
  let lab: Lab;
  before(async () => {
    lab = await Lab.up(1, { noSwarm: true });
  });
  after(async () => {
    await lab?.[Symbol.asyncDispose]();
  });

  const ctl = async (...words: string[]): Promise<string> => (await lab.ctl("host1", ...words)).trim();
  const shown = (name: string, template: string): Promise<string> => ctl("inspect", "--format", template, name);
  const stateOf = (name: string): Promise<string> => shown(name, "{{.State.Status}}");
  const pidOf = (name: string): Promise<string> => shown(name, "{{.State.Pid}}");
  const refusal = async (...words: string[]): Promise<{ readonly exitCode: number; readonly stderr: string }> =>
    await lab.tryCtl("host1", ...words);

  it("in no swarm, with an address, a way out, and a published port", async () => {
    const id = await ctl("run", "-d", "--name", "web", "-p", "8080:80", "nginx");
    assert.match(id, /^[0-9a-f]{64}$/m);
    await waitFor("the page", async () => (await lab.fetch("host1", "/", 8080))?.includes("nginx") === true);
    assert.equal(await ctl("port", "web", "80"), "0.0.0.0:8080");
    assert.match(await ctl("ps"), /0\.0\.0\.0:8080->80\/tcp\s+web$/m);
    assert.equal(await ctl("exec", "web", "hostname"), id.split("\n").at(-1)?.slice(0, 12));
    const beside = ["wget", "-q", "-O", "-", "http://127.0.0.1/"];
    await ctl("run", "-d", "--name", "beside", "--network", "container:web", "busybox", "sleep", "1000");
    assert.match(await ctl("exec", "beside", ...beside), /nginx/);
    await ctl("rm", "-f", "beside");
  });

  it("at the priority of any program, though its daemon goes ahead of them", async () => {
    const niceOf = async (pid: string): Promise<string | undefined> =>
      (await lab.exec("host1", "cat", `/proc/${pid}/stat`)).split(") ")[1]?.split(" ")[16];
    const first = await pidOf("web");
    const monitor = /^PPid:\s+(\d+)/m.exec(await lab.exec("host1", "cat", `/proc/${first}/status`))?.[1] ?? "";
    assert.deepEqual([await niceOf(first), await niceOf(monitor)], ["0", "0"]);
    const inside = await ctl("exec", "web", "sh", "-c", "cat /proc/self/stat");
    assert.equal(inside.split(") ")[1]?.split(" ")[16], "0");
  });

  it("keeps what they changed, from one start to the next", async () => {
    await ctl("exec", "web", "sh", "-c", "echo kept >/kept");
    await ctl("restart", "-t", "1", "web");
    assert.equal(await ctl("exec", "web", "cat", "/kept"), "kept");
  });

  it("refuses in words what the host lacks, what would share nothing, and what has no place", async () => {
    await ctl("run", "-d", "--name", "fixed", "--read-only", "--tmpfs", "/free", "busybox", "sleep", "1000");
    const refusals: readonly (readonly [words: readonly string[], sentence: RegExp])[] = [
      [["container", "update", "--cpuset-cpus", "999", "fixed"], /^Error: node host1 has no CPUs 999: it has 0/],
      [["container", "update", "--cpus", "999", "fixed"], /^Error: the limit of 999 CPUs is more than this host has/],
      [["container", "update", "fixed"], /^Error: say what to change: give at least one of the options/],
      [["update", "--memory", "64m", "fixed"], /for a container: `swarmctl container update --memory VALUE CONTAINER`/],
      [["create", "--ipc", "container:fixed", "busybox"], /the shared memory of another container is not offered/],
      [
        ["run", "--device", "/dev/nosuch", "busybox"],
        /has no device \/dev\/nosuch: .*; run it on a node that has it$/m,
      ],
      [
        ["cp", "/etc/hostname", "fixed:/x"],
        /^Error: cannot unpack "hostname" into \/ of container fixed: the file system there cannot be written, it is read-only$/m,
      ],
    ];
    for (const [words, sentence] of refusals) assert.match((await refusal(...words)).stderr, sentence);
    assert.equal(
      await shown("fixed", "{{.HostConfig.CpusetCpus}}{{.HostConfig.NanoCpus}}"),
      "0",
      "nothing has changed",
    );
    await ctl("cp", "/etc/hostname", "fixed:/free/x");
    assert.equal(await ctl("exec", "fixed", "cat", "/free/x"), "host1");
    await ctl("pause", "fixed");
    const paused = await refusal("exec", "fixed", "true");
    assert.deepEqual([paused.exitCode, paused.stderr.trim()], [126, "the container is paused: unpause it before exec"]);
    await ctl("unpause", "fixed");
    await ctl("rm", "-f", "fixed");
    await ctl("create", "--name", "idle", "busybox");
    assert.match((await refusal("port-forward", "idle", "18080:80")).stderr, /^Error: container idle is not running$/m);
    await ctl("rm", "idle");
  });

  it("keeps what a health check wrote, so that people see why it fails", async () => {
    const check = ["--health-cmd", "echo why; echo because >&2; exit 3", "--health-interval", "200ms"];
    await ctl("run", "-d", "--name", "ill", ...check, "busybox", "sleep", "1000");
    const format = "{{range .State.Health.Log}}{{.ExitCode}} {{.Output}}{{end}}";
    await waitFor("a check", async () => /^3 why\s+because/.test(await shown("ill", format)));
    await ctl("rm", "-f", "ill");
  });

  it("starts them again as their policy says, and no further", async () => {
    await ctl("run", "-d", "--name", "thrice", "--restart", "on-failure:2", "busybox", "sh", "-c", "exit 3");
    const format = "{{.State.Status}} {{.RestartCount}} {{.State.ExitCode}}";
    await waitFor("its last end", async () => (await shown("thrice", format)) === "exited 2 3");
    await ctl("run", "-d", "--name", "always", "--restart", "always", "busybox", "sleep", "1000");
    const before = await pidOf("always");
    await lab.exec("host1", "kill", "-9", before);
    await waitFor("another start", async () => !["0", before].includes(await pidOf("always")));
    await ctl("stop", "-t", "0", "always");
    assert.equal(await stateOf("always"), "exited");
  });

  it("keeps the volume of one that was made and never started, and starts it on the image it was made from", async () => {
    await ctl("volume", "create", "data");
    await ctl("tag", "nginx", "shop:1");
    const looks = ["sh", "-c", "ls /usr/sbin/nginx && exec sleep 1000"];
    await ctl("create", "--name", "later", "-v", "data:/data", "shop:1", ...looks);
    assert.match((await refusal("volume", "rm", "data")).stderr, /container later uses it/);
    await ctl("volume", "prune", "-a", "-f");
    assert.match(await ctl("volume", "ls", "-q"), /^data$/m);
    await ctl("tag", "busybox", "shop:1");
    await ctl("start", "later");
    await waitFor("the program of the image it was made from", async () => (await stateOf("later")) === "running");
    assert.equal(await ctl("exec", "later", "ls", "/usr/sbin/nginx"), "/usr/sbin/nginx");
    await ctl("rm", "-f", "later");
    await ctl("volume", "rm", "data");
  });

  it("removes one that was to go with its end, and frees its name", async () => {
    await ctl("run", "-d", "--rm", "--name", "once", "busybox", "true");
    await waitFor("its removal", async () => !(await ctl("ps", "-a", "--format", "{{.Names}}")).includes("once"));
    await ctl("create", "--name", "once", "busybox", "true");
    const { exitCode, stderr } = await refusal("create", "--name", "once", "busybox");
    assert.deepEqual([exitCode, /already in use by container/.test(stderr)], [1, true]);
    await ctl("rm", "once");
  });

  it("says with Docker's codes that a start failed: 127 no such program, 125 anything else; nothing runs then", async () => {
    assert.equal((await refusal("run", "-d", "--name", "bad", "busybox", "nosuchprogram")).exitCode, 127);
    assert.equal(await shown("bad", "{{.State.Running}} {{.State.ExitCode}}"), "false 127");
    assert.equal((await refusal("run", "-d", "-p", "8080:80", "busybox", "sleep", "1")).exitCode, 125);
    assert.match((await refusal("rm", "web")).stderr, /stop the container before removing or force remove/);
  });

  it("keeps them through a swarm's coming and going, with their connections", async () => {
    const pid = await pidOf("web");
    await ctl("init", "--advertise-addr", lab.ip("host1"));
    await waitFor("the page in a swarm", async () => (await lab.fetch("host1", "/", 8080))?.includes("nginx") === true);
    await ctl("service", "create", "--name", "task", "busybox", "sleep", "1000");
    assert.match(await ctl("ps", "--filter", "is-task=true", "--format", "{{.Names}}"), /^task\.1\./);
    assert.match((await refusal("rm", "-f", "task.1")).stderr, /belongs to a service/);
    await ctl("run", "-d", "--name", "inside", "busybox", "sleep", "1000");
    await ctl("leave", "--force");
    assert.equal(await pidOf("web"), pid);
    await waitFor("the page after it", async () => (await lab.fetch("host1", "/", 8080))?.includes("nginx") === true);
    assert.deepEqual((await ctl("ps", "--format", "{{.Names}}")).split("\n").sort(), ["inside", "web"]);
  });

  it("finds them after its daemon was killed: what runs runs on, what ended meanwhile has its code, what was stopped stays", async () => {
    const pid = await pidOf("web");
    await ctl("run", "-d", "--name", "brief", "busybox", "sh", "-c", "while [ ! -e /go ]; do sleep 0.1; done; exit 7");
    await ctl("run", "-d", "--name", "stopped", "--restart", "unless-stopped", "busybox", "sleep", "1000");
    await ctl("stop", "-t", "0", "stopped");
    const brief = await pidOf("brief");
    await lab.killDaemon("host1");
    await lab.exec("host1", "touch", `/proc/${brief}/root/go`);
    await waitFor("its end", async () => (await lab.tryExec("host1", "test", "-e", `/proc/${brief}`)).exitCode !== 0);
    await lab.startDaemon("host1");
    assert.equal(await pidOf("web"), pid);
    await waitFor("the end to be known", async () => (await stateOf("brief")) === "exited");
    assert.equal(await shown("brief", "{{.State.ExitCode}}"), "7");
    assert.equal(await stateOf("stopped"), "exited");
    // Docker's `always` comes back even when people stopped it.
    await waitFor("`always` to come back", async () => (await stateOf("always")) === "running");
    await waitFor("the page", async () => (await lab.fetch("host1", "/", 8080))?.includes("nginx") === true);
  });

  it("leaves nothing of them when they go", async () => {
    const all = (await ctl("ps", "-aq", "--no-trunc")).split("\n");
    await ctl("rm", "-f", ...all);
    assert.equal(await ctl("ps", "-aq"), "");
    const left = await lab.exec(
      "host1",
      "sh",
      "-c",
      "ls /run/swarm/containers /run/swarm/network /var/lib/swarm/containers",
    );
    assert.doesNotMatch(left, /[0-9a-f]{64}/);
    assert.doesNotMatch(await lab.exec("host1", "ip", "-br", "link"), /^swe-/m);
  });
});
