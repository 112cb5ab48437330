import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, it } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { createId, type TaskId } from "../../shared/ids.ts";
import type { Task } from "../../shared/objects/types.ts";
import { systemRandom } from "../../shared/ports/system-random.ts";
import type { TaskContainers } from "../../worker/executor/task-containers.ts";
import type { LogQuery } from "../../worker/ports/task-executor.ts";
import { createMount, createResources } from "../support/objects.ts";
import { waitFor } from "../support/wait.ts";
import { collect, NEVER, type RuntimeFixture, useRuntime } from "./runtime-fixture.ts";

const ALL: LogQuery = { follow: false, tail: -1, sinceMs: 0 };
const quiet = (): void => {};
/** A script goes on when the test says so: it makes the file. */
const UNTIL_END = "while [ ! -e /end ]; do sleep 0.01; done";

describe("containers on this kernel", () => {
  let fixture: RuntimeFixture;
  let executor: TaskContainers;
  useRuntime((made) => {
    ({ fixture, executor } = made);
  });

  async function run(task: Task): Promise<Awaited<ReturnType<TaskContainers["wait"]>>> {
    await executor.prepare(task, NEVER, quiet);
    await executor.start(task, NEVER);
    return await executor.wait(task.id, NEVER);
  }
  async function said(taskId: TaskId, query: LogQuery = ALL): Promise<string[]> {
    return (await collect(executor.logs(taskId, query, NEVER))).map(({ text }) => Buffer.from(text).toString());
  }
  async function output(task: Task): Promise<string> {
    const fact = await run(task);
    const lines = (await said(task.id)).join("\n");
    assert.deepEqual([fact.exitCode, fact.cause], [0, ""], lines);
    await executor.remove(task.id);
    return lines;
  }
  const mount = createMount;

  it("reports the exit code, also when asked again", async () => {
    const task = fixture.task("exit 7");
    const { exitCode, cause } = await run(task);
    assert.deepEqual([exitCode, cause], [7, ""]);
    assert.equal((await executor.wait(task.id, NEVER)).exitCode, 7);
    assert.equal((await executor.inspect(task.id)).kind, "exited");
    await executor.remove(task.id);
    assert.equal((await executor.inspect(task.id)).kind, "absent");
    assert.deepEqual(fixture.leftovers(), []);
  });

  it("takes the same call twice at every step", async () => {
    const task = fixture.task("sleep 100");
    await executor.prepare(task, NEVER, quiet);
    await executor.prepare(task, NEVER, quiet);
    assert.equal((await executor.inspect(task.id)).kind, "created");
    const first = await executor.start(task, NEVER);
    const second = await executor.start(task, NEVER);
    assert.deepEqual(first, second);
    assert.deepEqual(await executor.list(), [task.id]);
    assert.deepEqual(executor.hostPorts(task.id), fixture.network.hostPorts);
    await executor.stop({
      ...task,
      spec: { ...task.spec, container: { ...task.spec.container, stopGracePeriodMs: 0 } },
    });
    await executor.stop(task);
    await executor.remove(task.id);
    await executor.remove(task.id);
    assert.deepEqual(fixture.leftovers(), []);
  });

  it("stops with the signal the service names, and lets the program end by itself", async () => {
    const task = fixture.task('trap "echo bye; exit 5" USR1; echo ready; while :; do sleep 0.01; done', {
      stopSignal: "SIGUSR1",
    });
    await executor.prepare(task, NEVER, quiet);
    await executor.start(task, NEVER);
    await waitFor("it is ready", async () => (await said(task.id)).includes("ready"));
    const exit = executor.wait(task.id, NEVER);
    await executor.stop(task);
    assert.deepEqual([(await exit).exitCode, (await exit).cause], [5, ""]);
    assert.deepEqual(await said(task.id), ["ready", "bye"]);
    await executor.remove(task.id);
  });

  it("kills a program that ignores the signal when the grace period is over", async () => {
    const task = fixture.task('trap "" TERM; echo ready; while :; do sleep 0.01; done', { stopGracePeriodMs: 200 });
    await executor.prepare(task, NEVER, quiet);
    await executor.start(task, NEVER);
    await waitFor("it is ready", async () => (await said(task.id)).includes("ready"));
    const beganAt = performance.now();
    await executor.stop(task);
    // A timer may come a millisecond early.
    assert.ok(performance.now() - beganAt >= 199, "the grace period was granted");
    const fact = await executor.wait(task.id, NEVER);
    assert.deepEqual([fact.exitCode, fact.cause], [137, "ended by SIGKILL"]);
    await executor.remove(task.id);
  });

  it("gives the network back when a container ends, before it is removed", async () => {
    const task = fixture.task("true");
    await run(task);
    assert.ok(!fixture.network.namespaces.includes(task.id));
    assert.deepEqual(await executor.list(), [task.id]);
    await executor.remove(task.id);
  });

  it("a new daemon adopts what runs, and hears of what ended meanwhile", async () => {
    const [running, ended] = [fixture.task(`echo hello; ${UNTIL_END}; exit 4`), fixture.task("exit 9")];
    const unstarted = fixture.task("exit 3");
    for (const task of [running, ended, unstarted]) await executor.prepare(task, NEVER, quiet);
    const before = await executor.start(running, NEVER);
    await executor.start(ended, NEVER);
    await waitFor("the second one ended", () => existsSync(join(fixture.runDirectory, "exits", ended.id)));
    // Opened beside the old one, which was not asked to end: as after kill -9, nothing was handed over.
    const next = await fixture.executor();
    assert.deepEqual(await next.list(), [running.id, ended.id, unstarted.id].sort());
    assert.deepEqual(await next.inspect(running.id), before);
    assert.equal((await next.inspect(unstarted.id)).kind, "created");
    assert.deepEqual(next.hostPorts(running.id), fixture.network.hostPorts);
    assert.equal((await next.wait(ended.id, NEVER)).exitCode, 9);
    fixture.signalIn(running, "end");
    assert.equal((await next.wait(running.id, NEVER)).exitCode, 4);
    await next.start(unstarted, NEVER);
    assert.equal((await next.wait(unstarted.id, NEVER)).exitCode, 3);
    for (const task of [running, ended, unstarted]) await next.remove(task.id);
    assert.deepEqual(fixture.leftovers(), []);
  });

  it("makes anew what was only half made when the daemon died", async () => {
    const task = fixture.task("exit 6");
    await executor.prepare(task, NEVER, quiet);
    // As if the launch had been cut off: a record and directories, no process.
    execFileSync("crun", ["--root", join(fixture.runDirectory, "oci"), "delete", "--force", task.id]);
    const state = join(fixture.runDirectory, "containers", task.id);
    await waitFor("its monitor is gone", () => existsSync(join(fixture.runDirectory, "exits", task.id)));
    for (const path of [join(state, "pid"), join(fixture.runDirectory, "exits", task.id)]) execFileSync("rm", [path]);
    const next = await fixture.executor();
    assert.equal((await next.inspect(task.id)).kind, "absent");
    assert.deepEqual(await next.list(), [task.id]);
    await next.prepare(task, NEVER, quiet);
    await next.start(task, NEVER);
    assert.equal((await next.wait(task.id, NEVER)).exitCode, 6);
    await next.remove(task.id);
  });

  it("notices that a container is gone although its monitor was killed and left no exit code", async () => {
    const task = fixture.task("sleep 100");
    await executor.prepare(task, NEVER, quiet);
    const fact = await executor.start(task, NEVER);
    assert.ok(fact.kind === "running");
    const exit = executor.wait(task.id, NEVER);
    process.kill(Number(readFileSync(join(fixture.runDirectory, "containers", task.id, "monitor.pid"), "utf8")), 9);
    process.kill(fact.pid, 9);
    const { exitCode, cause } = await exit;
    assert.equal(exitCode, 255);
    assert.match(cause, /left no exit code/);
    await executor.remove(task.id);
    assert.deepEqual(fixture.leftovers(), []);
  });

  it("holds limits in the kernel", async () => {
    const limits = createResources({ memoryBytes: 64 << 20, nanoCpus: 500_000_000, pids: 33 });
    const task = fixture.task("sleep 100", { stopGracePeriodMs: 0 }, { limits });
    await executor.prepare(task, NEVER, quiet);
    await executor.start(task, NEVER);
    const read = (controller: string, files: readonly string[]): string =>
      files
        .map((file) => join(fixture.cgroup(task, controller), file))
        .filter((path) => existsSync(path))
        .map((path) => readFileSync(path, "utf8").trim())
        .join(" ");
    assert.equal(read("memory", ["memory.limit_in_bytes", "memory.max"]), String(64 << 20));
    assert.match(read("cpu", ["cpu.cfs_quota_us", "cpu.max"]), /^50000( 100000)?$/);
    assert.equal(read("pids", ["pids.max"]), "33");
    await executor.stop(task);
    await executor.remove(task.id);
  });

  it("says that a container ran out of memory, and its limit", async () => {
    const limits = createResources({ memoryBytes: 16 << 20 });
    // tail keeps what it reads until the end, and the end does not come.
    const task = fixture.task("tail /dev/zero", {}, { limits });
    const { exitCode, cause } = await run(task);
    assert.equal(exitCode, 137);
    assert.match(cause, /^out of memory: it reached its limit of 16 MiB$/);
    await executor.remove(task.id);
  });

  it("runs as the user and with the groups of the image's own files", async () => {
    assert.equal(
      await output(fixture.task("id; pwd; echo $HOME", { user: "web", dir: "/srv" })),
      "uid=1000(web) gid=1001(web) groups=1001(web),1002(logs)\n/srv\n/home/web",
    );
    assert.match(await output(fixture.task("id", { user: "4000:logs" })), /^uid=4000 gid=1002\(logs\)/);
    const unknown = fixture.task("id", { user: "nobody-here" });
    await assert.rejects(
      executor.prepare(unknown, NEVER, quiet),
      /user "nobody-here" is not in the image's \/etc\/passwd/,
    );
    await executor.remove(unknown.id);
  });

  it("shuts a container in: few capabilities, a system call filter, masked paths", async () => {
    const status = await output(fixture.task("cat /proc/self/status"));
    assert.match(status, /CapEff:\s+00000000a80425fb/);
    assert.match(status, /Seccomp:\s+2/);
    const tries = "mount -t tmpfs x /tmp; cat /proc/keys; touch /sys/x; echo 1 >/proc/sys/vm/drop_caches";
    const refused = await output(fixture.task(`{ ${tries}; true; } 2>&1`));
    assert.deepEqual(refused.replaceAll(/\/bin\/sh: /g, "").split("\n"), [
      "mount: permission denied (are you root?)",
      "touch: /sys/x: Read-only file system",
      "can't create /proc/sys/vm/drop_caches: Read-only file system",
    ]);
    assert.match(await output(fixture.task("cat /proc/self/status", { capabilityDrop: ["all"] })), /CapEff:\s+0{16}\n/);
    const readOnly = await output(fixture.task("touch /x 2>&1; true", { readOnly: true }));
    assert.equal(readOnly, "touch: /x: Read-only file system");
  });

  it("is open to its own users whatever the daemon's umask is", async () => {
    const before = process.umask(0o077);
    try {
      const mounts = [mount({ target: "/data" }), mount({ target: "/not/there/before" })];
      const script = [
        "ls / /data /not/there/before /neither/this >/dev/null",
        "cat /etc/hosts >/dev/null",
        "for d in /sys/fs/cgroup /sys/fs/cgroup/pids; do if [ -d $d ]; then ls $d >/dev/null || exit 1; fi; done",
        "id -un",
      ];
      const task = fixture.task(script.join(" && "), { user: "web", mounts, dir: "/neither/this" });
      assert.equal(await output(task), "web");
    } finally {
      process.umask(before);
    }
  });

  it("leaves no container of a preparation that is cut off while the runtime makes it", async () => {
    const TRIES_MAX = 50;
    for (let attempt = 1; ; attempt++) {
      assert.ok(attempt <= TRIES_MAX, "one of them was cut off in time");
      const task = fixture.task("sleep 100");
      const made = join(fixture.runDirectory, "oci", task.id);
      const interrupt = new AbortController();
      let isOver = false;
      const prepared = executor.prepare(task, interrupt.signal, quiet).then(
        () => true,
        () => false,
      );
      void prepared.then(() => {
        isOver = true;
      });
      while (!isOver && !existsSync(made)) await turn();
      interrupt.abort(new Error("the task has to go"));
      const isPrepared = await prepared;
      if (!isPrepared) assert.equal(existsSync(made), false, "nothing waits for its start");
      await executor.remove(task.id);
      if (!isPrepared) return;
    }
  });

  it("gives names, environment and resolver of its own, and its address for its name, on whatever network", async () => {
    const script = "hostname; cat /etc/hostname /etc/resolv.conf; echo $FROM_IMAGE $MINE; tail -1 /etc/hosts";
    const task = fixture.task(script, { hostname: "box", env: ["MINE=1", "FROM_IMAGE=no"] });
    const lines = (await output(task)).split("\n");
    assert.deepEqual(lines.slice(0, 3), ["box", "box", "nameserver 10.0.0.1"]);
    assert.deepEqual(lines.slice(-2), ["no 1", "192.0.2.10\tbox"]);
  });

  it("runs the image's command, and says what is missing where there is no such program", async () => {
    assert.equal(await output(fixture.task("")), "default command");
    assert.equal(await output(fixture.task("", { args: ["echo", "other"] })), "other");
    const task = fixture.task("", { command: ["/no/such"] });
    await assert.rejects(
      executor.prepare(task, NEVER, quiet),
      /cannot create container web\.1\.\w+: the image has no program "\/no\/such"/,
    );
    assert.deepEqual(fixture.network.namespaces, []);
    await executor.remove(task.id);
    assert.deepEqual(fixture.leftovers(), []);
  });

  it("mounts tmpfs with size and mode, and bind mounts, read-only where asked", async () => {
    const source = join(fixture.directory, "bound");
    mkdirSync(source);
    writeFileSync(join(source, "from-host"), "host file\n");
    const mounts = [
      mount({ type: "TMPFS", target: "/scratch", tmpfsSizeBytes: 1 << 20, tmpfsMode: 0o750 }),
      mount({ type: "BIND", source, target: "/bound" }),
      mount({ type: "BIND", source, target: "/bound-ro", readOnly: true }),
      mount({ type: "TMPFS", target: "/bound/inner" }),
    ];
    const script =
      "stat -c %a /scratch; df -k /scratch | tail -1 | while read a b c; do echo $b; done; cat /bound/from-host; " +
      "echo back >/bound/from-container; touch /bound-ro/x 2>&1; touch /bound/inner/y; ls /bound-ro/inner";
    assert.deepEqual((await output(fixture.task(script, { mounts }))).split("\n"), [
      ...["750", "1024", "host file", "touch: /bound-ro/x: Read-only file system"],
    ]);
    assert.equal(readFileSync(join(source, "from-container"), "utf8"), "back\n");
    const lost = fixture.task("true", { mounts: [mount({ type: "BIND", source: "/no/such/place" })] });
    await assert.rejects(
      executor.prepare(lost, NEVER, quiet),
      /^SwarmError: bind mount source \/no\/such\/place does not exist on node /,
    );
    await executor.remove(lost.id);
  });

  it("keeps a named volume, fills it from the image once, and removes an anonymous one with its task", async () => {
    const mounts = [mount({ source: "site", target: "/srv/site" }), mount({ target: "/anonymous" })];
    const first = fixture.task("cat /srv/site/index.html; echo changed >/srv/site/index.html; echo 1 >/anonymous/a", {
      mounts,
    });
    assert.equal((await run(first)).exitCode, 0);
    assert.deepEqual(await said(first.id), ["from the image"]);
    const volumes = join(fixture.dataDirectory, "volumes");
    assert.equal(readdirSync(volumes).length, 2);
    await executor.remove(first.id);
    assert.deepEqual(readdirSync(volumes), ["site"]);
    assert.equal(await output(fixture.task("cat /srv/site/index.html", { mounts })), "changed");
    // By a link in the image: what it points at in the image is taken, not what it points at on the host.
    const linked = [mount({ source: "linked", target: "/site" })];
    assert.equal(await output(fixture.task("cat /site/index.html", { mounts: linked })), "from the image");
    execFileSync("rm", ["-r", join(volumes, "site"), join(volumes, "linked")]);
  });

  it("finds and ends a container whose files were lost, and takes groups away that nothing is in", async () => {
    const task = fixture.task("sleep 1000");
    await executor.prepare(task, NEVER, quiet);
    await executor.start(task, NEVER);
    const empty = createId<TaskId>(systemRandom);
    const group = fixture.cgroup(task, "pids");
    mkdirSync(join(dirname(group), empty, "below"), { recursive: true });
    for (const path of ["run/oci", "run/containers", "run/exits", "data/containers"])
      rmSync(join(fixture.directory, path, task.id), { recursive: true, force: true });
    await using next = await fixture.executor();
    assert.deepEqual(await next.list(), [task.id], "the empty one may be being made by another daemon");
    await waitFor("nothing to be left", async () => {
      for (const taskId of await next.list()) await next.remove(taskId);
      return fixture.leftovers().length === 0;
    });
  });

  it("starts twenty at once, and leaves nothing of them", async () => {
    const tasks = Array.from({ length: 20 }, () => fixture.task("sleep 100", { stopGracePeriodMs: 0 }));
    await Promise.all(
      tasks.map(async (task) => {
        await executor.prepare(task, NEVER, quiet);
        assert.equal((await executor.start(task, NEVER)).kind, "running");
      }),
    );
    await Promise.all(tasks.map((task) => executor.stop(task)));
    await Promise.all(tasks.map((task) => executor.remove(task.id)));
    assert.deepEqual(fixture.leftovers(), []);
  });
});
