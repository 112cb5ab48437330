/** What a container must not be able to do to its host by its mounts, on this kernel. */

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { toolPath } from "../../scripts/lab-parts/tools.ts";
import type { Task } from "../../shared/objects/types.ts";
import type { TaskContainers } from "../../worker/executor/task-containers.ts";
import { createMount } from "../support/objects.ts";
import { waitFor } from "../support/wait.ts";
import { collect, NEVER, RuntimeFixture } from "./runtime-fixture.ts";

/** Mounted root file systems that this host sees. */
const rootsOnHost = (): readonly string[] =>
  readFileSync("/proc/self/mountinfo", "utf8")
    .split("\n")
    .filter((line) => line.includes("upperdir="));

describe("mounts of containers on this kernel", () => {
  let fixture: RuntimeFixture;
  let executor: TaskContainers;
  before(async () => {
    fixture = new RuntimeFixture();
    // As on hosts with systemd, where everything is.
    execFileSync("mount", ["--bind", fixture.directory, fixture.directory]);
    execFileSync("mount", ["--make-shared", fixture.directory]);
    fixture.storeImage();
    executor = await fixture.executor();
  });
  after(async () => {
    execFileSync("umount", ["--lazy", fixture.directory]);
    await fixture[Symbol.asyncDispose]();
  });

  const mount = createMount;
  async function run(task: Task, by = executor): Promise<Awaited<ReturnType<TaskContainers["wait"]>>> {
    await by.prepare(task, NEVER, () => {});
    await by.start(task, NEVER);
    return await by.wait(task.id, NEVER);
  }
  async function output(task: Task, by = executor): Promise<string> {
    await run(task, by);
    const lines = await collect(by.logs(task.id, { follow: false, tail: -1, sinceMs: 0 }, NEVER));
    await by.remove(task.id);
    return lines.map(({ text }) => Buffer.from(text).toString()).join("\n");
  }

  for (const [bindRecursive, expected] of [
    ["ENABLED", ["touch: /deep/x: Read-only file system", "touch: /deep/below/x: Read-only file system"]],
    ["READONLY", ["touch: /deep/x: Read-only file system", "touch: /deep/below/x: Read-only file system"]],
    ["WRITABLE", ["touch: /deep/x: Read-only file system", "x"]],
    ["DISABLED", ["touch: /deep/x: Read-only file system", "touch: /deep/below/x: Read-only file system", "hidden"]],
  ] as const) {
    it(`mounts what is mounted below a read-only source as bind-recursive=${bindRecursive.toLowerCase()} says`, async () => {
      const source = join(fixture.directory, `deep-${bindRecursive}`);
      mkdirSync(join(source, "below"), { recursive: true });
      writeFileSync(join(source, "below/hidden"), "");
      execFileSync("mount", ["-t", "tmpfs", "below", join(source, "below")]);
      try {
        const mounts = [mount({ type: "BIND", source, target: "/deep", readOnly: true, bindRecursive })];
        const said = await output(fixture.task("touch /deep/x /deep/below/x 2>&1; ls /deep/below", { mounts }));
        assert.deepEqual(said.split("\n").filter(Boolean), expected);
      } finally {
        execFileSync("umount", [join(source, "below")]);
      }
    });
  }

  it("mounts a file, and a link to one, read-only", async () => {
    const [file, link] = [join(fixture.directory, "one-file"), join(fixture.directory, "link-to-file")];
    writeFileSync(file, "kept");
    symlinkSync(file, link);
    const mounts = [
      mount({ type: "BIND", source: file, target: "/made/here", readOnly: true }),
      mount({ type: "BIND", source: link, target: "/etc/linked", readOnly: true }),
    ];
    const said = await output(fixture.task("cat /made/here /etc/linked; echo x 2>&1 >/made/here", { mounts }));
    assert.match(said, /^keptkept[\s\S]*Read-only file system/);
  });

  for (const runtime of ["crun", "runc"] as const) {
    describe(`bind-propagation by ${runtime}`, () => {
      const source = (): string => join(fixture.directory, `spread-${runtime}`);
      let by: TaskContainers;
      before(async () => {
        const ociRuntime = runtime === "crun" ? runtime : await toolPath(runtime);
        by = await fixture.executor({ ociRuntime, runDirectory: join(fixture.directory, `spread-run-${runtime}`) });
        mkdirSync(source());
        execFileSync("mount", ["-t", "tmpfs", "spread", source()]);
        execFileSync("mount", ["--make-shared", source()]);
        for (const name of ["host", "task", "later"]) mkdirSync(join(source(), name));
      });
      after(() => {
        execFileSync("umount", ["--recursive", source()]);
      });

      for (const [bindPropagation, seen] of [
        ["RPRIVATE", { inTask: "", onHost: "" }],
        ["RSLAVE", { inTask: "from-host", onHost: "" }],
        ["SLAVE", { inTask: "from-host", onHost: "" }],
        ["RSHARED", { inTask: "from-host", onHost: "from-task" }],
        ["SHARED", { inTask: "from-host", onHost: "from-task" }],
      ] as const) {
        it(`${bindPropagation.toLowerCase()} passes on what it says`, async () => {
          const script = [
            ...["until [ -e /s/later/go ]; do sleep 0.05; done", "ls /s/host"],
            "mount -t tmpfs task /s/task && touch /s/task/from-task",
            "touch /s/later/done; until [ -e /s/later/end ]; do sleep 0.05; done",
          ].join("; ");
          const mounts = [mount({ type: "BIND", source: source(), target: "/s", bindPropagation })];
          const task = fixture.task(script, { mounts, capabilityAdd: ["SYS_ADMIN"] });
          await by.prepare(task, NEVER, () => {});
          const own = rootsOnHost().filter((line) => line.includes(task.id));
          assert.deepEqual(own, [], "the root file system is in its own namespace alone");
          await by.start(task, NEVER);
          execFileSync("mount", ["-t", "tmpfs", "host", join(source(), "host")]);
          writeFileSync(join(source(), "host/from-host"), "");
          writeFileSync(join(source(), "later/go"), "");
          await waitFor("the container's own mount", async () => existsSync(join(source(), "later/done")));
          const onHost = readdirSync(join(source(), "task")).join(" ");
          writeFileSync(join(source(), "later/end"), "");
          assert.equal((await by.wait(task.id, NEVER)).exitCode, 0);
          const lines = await collect(by.logs(task.id, { follow: false, tail: -1, sinceMs: 0 }, NEVER));
          const inTask = lines.map(({ text }) => Buffer.from(text).toString()).join(" ");
          await by.remove(task.id);
          execFileSync("umount", [join(source(), "host")]);
          if (onHost !== "") execFileSync("umount", [join(source(), "task")]);
          for (const name of ["go", "done", "end"]) rmSync(join(source(), "later", name));
          assert.deepEqual({ inTask, onHost }, seen);
        });
      }

      it("is refused where the host passes nothing on", async () => {
        const own = join(source(), "own");
        mkdirSync(own);
        execFileSync("mount", ["-t", "tmpfs", "own", own]);
        execFileSync("mount", ["--make-private", own]);
        const mounts = [mount({ type: "BIND", source: own, target: "/s", bindPropagation: "RSLAVE" })];
        await assert.rejects(
          by.prepare(fixture.task("true", { mounts }), NEVER, () => {}),
          {
            message: new RegExp(
              `^bind-propagation of ${own}: node .* passes on nothing .*"mount --make-shared ${own}"`,
            ),
          },
        );
      });
    });
  }

  for (const runtime of ["crun", "runc"] as const) {
    it(`lets nobody write where the cgroups are, of either version, by ${runtime}`, async () => {
      // Of version 1, it is a tmpfs with a mount for each hierarchy.
      const script = 'for d in /sys/fs/cgroup /sys/fs/cgroup/*/; do mkdir "$d/x" 2>&1 && echo "made in $d"; done';
      const runDirectory = join(fixture.directory, `run-${runtime}`);
      const by = await fixture.executor({
        ociRuntime: runtime === "crun" ? runtime : await toolPath(runtime),
        runDirectory,
      });
      const lines = (await output(fixture.task(script), by)).split("\n").filter(Boolean);
      assert.ok(lines.length >= 1);
      for (const line of lines) assert.match(line, /Read-only file system/);
    });
  }

  it("mounts what a service wants in the place of the cgroups, writable", async () => {
    const mounts = [mount({ type: "TMPFS", source: "", target: "/sys/fs/cgroup" })];
    const task = fixture.task("touch /sys/fs/cgroup/x && ls /sys/fs/cgroup", { mounts });
    assert.equal((await output(task)).trim(), "x");
  });

  it("has nothing that a container can fill on the run directory", async () => {
    const task = fixture.task("for f in hosts hostname resolv.conf; do head -c 100000 /dev/zero >>/etc/$f; done");
    assert.equal((await run(task)).exitCode, 0);
    const sizes = readdirSync(fixture.runDirectory, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => statSync(join(parentPath, name)).size);
    assert.ok(sizes.length > 0 && Math.max(...sizes) < 100_000);
    await executor.remove(task.id);
  });
});
