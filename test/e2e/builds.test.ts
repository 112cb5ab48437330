/** What the steps of a build run in: a container's walls, network and limits, of which nothing is left afterwards. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { Lab } from "../support/lab.ts";
import { waitFor } from "../support/wait.ts";

/** Everything of a host that a build could leave something in. */
const REMAINS = [
  "find /run/swarm/builds /var/lib/swarm/images/work -mindepth 1 2>/dev/null",
  "find /sys/fs/cgroup -path '*/swarm/*' -type d",
  "ip -o link | cut -d: -f2",
  "cut -d' ' -f5 /proc/self/mountinfo",
  "cat /var/lib/swarm/images/overlay-containers/containers.json",
].join("; ");
/** A step that does not end; no other command of this machine has the number. */
const SLEEP = "sleep 86399471";

describe("the steps of a build", () => {
  let lab: Lab;
  let directory: string;
  const ctl = (...args: string[]): Promise<string> => lab.ctl("host1", ...args);
  const dockerfile = (...steps: readonly string[]): string =>
    `FROM busybox\n${steps.map((step) => (/^[A-Z]+ /.test(step) ? step : `RUN ${step}`)).join("\n")}\n`;
  const tryBuild = (steps: readonly string[], ...options: readonly string[]) =>
    lab.tryCtlWith(dockerfile(...steps), "host1", "build", "--no-cache", ...options, "-");
  const build = async (steps: readonly string[], ...options: readonly string[]): Promise<string> => {
    const { exitCode, stdout, stderr } = await tryBuild(steps, ...options);
    assert.equal(exitCode, 0, stderr + stdout);
    return stdout.slice(stdout.indexOf("STEP 2/"));
  };
  const remains = (): Promise<string> => lab.exec("host1", "sh", "-c", REMAINS);
  const pidOf = async (pattern: string): Promise<string | undefined> =>
    (await lab.tryExec("host1", "pgrep", "-f", "--", pattern)).stdout.split("\n")[0] || undefined;

  before(async () => {
    directory = mkdtempSync(join(tmpdir(), "swarm-builds-"));
    lab = await Lab.up(1, { managers: 1 });
    await ctl("image", "pull", "busybox");
    // The bridge comes with the first that is on it, and stays.
    await ctl("run", "--rm", "busybox", "true");
  });
  after(async () => {
    await lab?.[Symbol.asyncDispose]();
    rmSync(directory, { recursive: true, force: true });
  });

  it("see what a container sees: capabilities, filter, limits, mounts", async () => {
    const look = [
      "grep -E 'Cap|Seccomp:|NoNewPrivs' /proc/self/status; umask",
      "cat /proc/self/limits; cat /proc/self/oom_score_adj",
      "cut -d' ' -f5,6 /proc/self/mountinfo | grep -v -e ' /.containerenv' -e /run/.containerenv | sort",
      "ls -ld / /dev/*; cat /proc/sys/net/ipv4/ip_unprivileged_port_start",
    ];
    const inside = await ctl("run", "--rm", "busybox", "sh", "-c", look.join("\n"));
    const said = await build([look.join("; ")]);
    const lines = said.split("\n");
    const missing = inside
      .trim()
      .split("\n")
      // When the directory was made.
      .map((line) => line.replace(/\s\w{3} \d+ \d\d:\d\d/, ""))
      .filter((line) => !lines.some((other) => other.replace(/\s\w{3} \d+ \d\d:\d\d/, "") === line));
    assert.deepEqual(missing, []);
  });

  it("see no process but their own, and reach none", async () => {
    const said = await build(["ps -o pid,comm; echo first=$$", "kill -9 -1; echo $(ls /proc | grep -c '^[0-9]') left"]);
    assert.match(said, /first=1/);
    // The shell, and those two that count.
    assert.match(said, /\n[1-4] left/);
    assert.doesNotMatch(said, /swarmd|buildah|crun/);
    assert.match(await ctl("node", "ls"), /Ready/);
  });

  it("cannot mount, change the host's settings, or lift their limits", async () => {
    const tries = [
      "mount -t tmpfs none /mnt && echo BAD",
      "echo 1 >/proc/sys/kernel/panic && echo BAD",
      "mknod /disk b 254 0 && cat /disk && echo BAD",
      "mkdir -p /sys/fs/cgroup/x /sys/fs/cgroup/memory/x && echo BAD",
      "for file in $(find /sys/fs/cgroup -name 'memory.*limit_in_bytes' -o -name memory.max); do " +
        "echo 999999999 >$file && echo BAD; done",
    ];
    const said = await build(tries.map((one) => `${one}; true`));
    assert.doesNotMatch(said.replaceAll(/^STEP.*$/gm, ""), /BAD/);
  });

  it("may be of another user, who can enter the root directory", async () => {
    assert.match(
      await build(["USER 7", "id; ls / >/dev/null; grep CapEff /proc/self/status"]),
      /uid=7 .*\nCapEff:\t0+\n/,
    );
  });

  it("have an address of the host's bridge, and a way out", async () => {
    const said = await build([
      "ip addr show eth0; cat /etc/hosts; wget -q -O - http://10.77.0.254:5000/v2/; hostname -i",
    ]);
    const address = /inet (172\.\S+)\//.exec(said)?.[1] ?? "";
    assert.match(said, new RegExp(`^${address}\t[0-9a-f]{12}$`, "m"));
    assert.match(said, /\{\}/);
  });

  it("have only loopback on network none, and the host's network on host", async () => {
    const look = ["ls /sys/class/net; cat /proc/net/route"];
    assert.match(await build(look, "--network", "none"), /\nlo\n.*Gateway/);
    assert.match(await build(look, "--network", "host"), /\neth0\n/);
  });

  for (const [driver, network] of [
    ["bridge", "mine"],
    ["overlay", "far"],
  ] as const) {
    it(`find others by name on a network of driver ${driver}, which knows them while they run`, async () => {
      await ctl("network", "create", "--driver", driver, ...(driver === "overlay" ? ["--attachable"] : []), network);
      await ctl("run", "-d", "--name", `on-${network}`, "--network", network, "busybox", "sleep", "1000");
      assert.match(await build([`ping -c 1 on-${network}`], "--network", network), /1 packets received/);
      await ctl("rm", "-f", `on-${network}`);
      await ctl("network", "rm", network);
    });
  }

  it("have the limits that were asked for", async () => {
    const limits = ["--memory", "64m", "--memory-swap", "64m", "--cpuset-cpus", "0", "--ulimit", "nofile=77:88"];
    const look = [
      "ulimit -n; ulimit -Hn; df -k /dev/shm; grep Cpus_allowed_list /proc/self/status; tail -1 /etc/hosts",
    ];
    const said = await build(look, ...limits, "--shm-size", "100m", "--add-host", "other:1.2.3.4");
    assert.match(said, /\n77\n88\n[\s\S]* 102400 [\s\S]*Cpus_allowed_list:\t0\n1\.2\.3\.4\tother/);
    const { exitCode, stderr } = await tryBuild(["dd if=/dev/zero of=/dev/null bs=200M count=1"], ...limits);
    assert.equal(exitCode, 1);
    assert.match(stderr, /Error: Dockerfile:2: .*returned a non-zero code: 137$/m);
  });

  for (const [options, why] of [
    [["--network", "container:x"], /a build has a network of its own/],
    [["--network", "nowhere"], /network nowhere not found/],
    [["--cpuset-cpus", "4095"], /has no CPUs 4095/],
    [["--memory", "1k"], /invalid memory limit/],
    [["--ulimit", "foo=1"], /invalid ulimit "foo"/],
    [["--cgroup-parent", "/x"], /--cgroup-parent is not offered/],
  ] as const) {
    it(`are not run with ${options.join(" ")}`, async () => {
      const before = await remains();
      const { exitCode, stderr } = await tryBuild(["true"], ...options);
      assert.equal(exitCode, 1);
      assert.match(stderr, why);
      assert.equal(await remains(), before);
    });
  }

  it("say why they cannot be run", async () => {
    const { stderr } = await tryBuild(['["nonexistent"]']);
    assert.match(
      stderr,
      /Error: Dockerfile:2: RUN \["nonexistent"\]: the step cannot be run: .*nonexistent.* not found/,
    );
  });

  it("leave nothing when they have ended, well or not", async () => {
    const before = await remains();
    await build([`(${SLEEP} &); echo done`]);
    await tryBuild([`(${SLEEP} &); false`]);
    assert.equal(await pidOf(SLEEP), undefined);
    assert.equal(await remains(), before);
  });

  it("end with whoever waits for them, and leave nothing", async () => {
    const before = await remains();
    const building = tryBuild([SLEEP], "-t", "never:86399471");
    await waitFor("the step to run", () => pidOf(`^${SLEEP}$`));
    const waiting = await pidOf("-t never:86399471");
    await lab.exec("host1", "kill", "-9", waiting ?? "");
    await building;
    await waitFor("nothing to be left", async () => !(await pidOf(SLEEP)) && (await remains()) === before);
  });

  it("end with the daemon that is killed, and the next one finds what they left", async () => {
    const before = await remains();
    const building = tryBuild([SLEEP]);
    await waitFor("the step to run", () => pidOf(`^${SLEEP}$`));
    await lab.killDaemon("host1");
    await building;
    await waitFor("the step to end", async () => !(await pidOf(SLEEP)));
    assert.notEqual(await remains(), before);
    await lab.startDaemon("host1");
    await waitFor("nothing to be left", async () => (await remains()) === before);
    assert.match(await build(["echo works"]), /works/);
  });

  it("are stepped over where they were run before, and counted as before", async () => {
    writeFileSync(join(directory, "Dockerfile"), dockerfile("date +%N >/when"));
    const ids = [];
    for (let round = 0; round < 2; round++) ids.push(await ctl("build", "-q", directory));
    assert.equal(ids[0], ids[1]);
  });
});
