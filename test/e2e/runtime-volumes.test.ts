/** Volumes with options: what is mounted for containers on this kernel, and how long. Needs root. */

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { toolPath } from "../../scripts/lab-parts/tools.ts";
import type { Task } from "../../shared/objects/types.ts";
import type { Mount } from "../../shared/rpc/gen/objects.ts";
import type { TaskContainers } from "../../worker/executor/task-containers.ts";
import { createMount } from "../support/objects.ts";
import { collect, NEVER, RuntimeFixture } from "./runtime-fixture.ts";

const TMPFS = { type: "tmpfs", device: "tmpfs", o: "size=1m" };

describe("volumes with options on this kernel", () => {
  let fixture: RuntimeFixture;
  let executor: TaskContainers;
  before(async () => {
    fixture = new RuntimeFixture();
    fixture.storeImage();
    executor = await fixture.executor();
  });
  after(async () => {
    await fixture[Symbol.asyncDispose]();
  });

  const volume = (source: string, part: Partial<Mount> = {}): Mount => createMount({ source, target: "/v", ...part });
  const taskWith = (script: string, ...mounts: readonly Mount[]): Task => fixture.task(script, { mounts });
  const contentOf = (name: string): string => join(fixture.dataDirectory, "volumes", name, "_data");
  const isMounted = (name: string): boolean =>
    readFileSync("/proc/self/mountinfo", "utf8").includes(` ${contentOf(name)} `);
  async function start(task: Task, by = executor): Promise<void> {
    await by.prepare(task, NEVER, () => {});
    await by.start(task, NEVER);
  }
  /** What it prints, as one line. */
  async function outcome(task: Task, by = executor): Promise<string> {
    await start(task, by);
    await by.wait(task.id, NEVER);
    const lines = await collect(by.logs(task.id, { follow: false, tail: -1, sinceMs: 0 }, NEVER));
    await by.remove(task.id);
    return lines.map(({ text }) => Buffer.from(text).toString()).join(" ");
  }
  const refused = (mount: Mount, sentence: RegExp): Promise<void> =>
    assert.rejects(
      executor.prepare(taskWith("true", mount), NEVER, () => {}),
      { message: sentence },
    );

  it("one file system for all its users, there from the first to the last of them, also for a new daemon", async () => {
    const sleeper = taskWith(
      "touch /v/by-first; until [ -e /v/end ]; do sleep 0.05; done",
      volume("mem", { volumeOptions: TMPFS }),
    );
    await start(sleeper);
    assert.ok(isMounted("mem"));
    // A volume that is there keeps its own options.
    const later = await fixture.executor();
    const other = volume("mem", { volumeOptions: { ...TMPFS, o: "size=2m" } });
    const said = await outcome(
      taskWith("until [ -e /v/by-first ]; do sleep 0.05; done; df -k /v | tail -n 1", other),
      later,
    );
    assert.match(said, /^tmpfs +1024 /);
    assert.ok(isMounted("mem"), "the first one uses it");
    writeFileSync(join(contentOf("mem"), "end"), "");
    await later.wait(sleeper.id, NEVER);
    assert.ok(!isMounted("mem"), "unmounted when it ends, not when it is removed");
    await later.remove(sleeper.id);
    const again = await outcome(taskWith("ls /v", volume("mem")));
    assert.equal(again, "", "it was in memory; what it is is known without its being said again");
  });

  it("a volume of the task's own goes with it, and what was mounted there does not", async () => {
    const device = join(fixture.directory, "precious");
    mkdirSync(device);
    writeFileSync(join(device, "file"), "kept");
    const own = volume("", { volumeOptions: { type: "none", o: "bind", device } });
    assert.equal(await outcome(taskWith("ls /v; touch /v/new", own)), "file");
    assert.equal(readFileSync(join(device, "file"), "utf8"), "kept");
    assert.equal(readFileSync(join(device, "new"), "utf8"), "");
    assert.equal(
      execFileSync("findmnt", ["-rno", "TARGET"]).toString().includes(`${fixture.directory}/data/volumes`),
      false,
    );
  });

  it("an empty one is filled from the image, unless that is not wanted", async () => {
    const at = (source: string, part: Partial<Mount> = {}): Mount => volume(source, { target: "/srv", ...part });
    assert.equal(await outcome(taskWith("ls /srv", at("filled", { volumeOptions: TMPFS }))), "old.txt site top.txt");
    assert.equal(await outcome(taskWith("ls /srv", at("bare", { volumeNoCopy: true }))), "");
    assert.equal(await outcome(taskWith("ls /srv", at("bare"))), "old.txt site top.txt");
    const both = [at("twice", { volumeNoCopy: true }), at("twice", { target: "/srv/site" })];
    assert.equal(await outcome(taskWith("ls /srv", ...both)), "index.html site", "filled from where a copy is wanted");
  });

  it("what cannot be mounted is said in one sentence", async () => {
    const options = (volumeOptions: Mount["volumeOptions"]): Mount => volume("broken", { volumeOptions });
    for (const [mount, why] of [
      [options({ type: "none", o: "bind", device: "/nosuch" }), "there is no /nosuch there"],
      [volume("b2", { volumeOptions: { type: "ext4", device: "/dev/null" } }), "/dev/null is not a block device"],
      [volume("b3", { volumeOptions: { ...TMPFS, o: "size=banana" } }), "wrong fs type, bad option, .*"],
      [
        volume("b4", { volumeOptions: { type: "nfs", device: "no-such-host.invalid:/x" } }),
        "there is no address of no-such-host.invalid",
      ],
    ] as const) {
      await refused(mount, new RegExp(`^cannot mount volume ${mount.source} on node [^ ]+: ${why}$`));
      assert.ok(!isMounted(mount.source));
    }
  });

  for (const runtime of ["crun", "runc"] as const) {
    it(`${runtime} gets a part of a volume, by whatever links inside of it, and nothing outside`, async () => {
      const ociRuntime = runtime === "crun" ? runtime : await toolPath(runtime);
      const by = await fixture.executor({ ociRuntime, runDirectory: join(fixture.directory, `run-${runtime}`) });
      const name = `parts-${runtime}`;
      const root = contentOf(name);
      mkdirSync(join(root, "a/b"), { recursive: true });
      writeFileSync(join(root, "a/b/inner"), "");
      writeFileSync(join(root, "file"), "one file\n");
      writeFileSync(join(root, "root-of-volume"), "");
      symlinkSync("a/b", join(root, "link"));
      symlinkSync("/", join(root, "top"));
      symlinkSync("../../../../../../../../../etc", join(root, "climbing"));
      const part = (volumeSubpath: string, target = "/v"): Mount => volume(name, { volumeSubpath, target });
      assert.equal(await outcome(taskWith("ls /v", part("a/b")), by), "inner");
      assert.equal(await outcome(taskWith("ls /v", part("a/../link/.")), by), "inner");
      assert.equal(await outcome(taskWith("cat /v", part("file")), by), "one file");
      assert.match(await outcome(taskWith("ls /v", part("top")), by), /root-of-volume/);
      for (const missing of ["climbing", "top/etc", "a/nothing"]) {
        const sentence = new RegExp(`^volume ${name} has no file or directory "${missing}" on node [^ ]+$`);
        await assert.rejects(
          by.prepare(taskWith("true", part(missing)), NEVER, () => {}),
          { message: sentence },
        );
      }
      mkdirSync(join(root, "fresh"));
      assert.equal(await outcome(taskWith("ls /srv", part("fresh", "/srv")), by), "old.txt site top.txt");
    });
  }

  it("memory runs programs where that is wanted", async () => {
    const script = "cp /bin/busybox /m/true && /m/true && echo ran";
    const memory = (tmpfsOptions: readonly string[]): Mount =>
      createMount({ type: "TMPFS", target: "/m", tmpfsOptions });
    assert.equal(await outcome(taskWith(script, memory(["exec"]))), "ran");
    assert.match(await outcome(taskWith(`${script} 2>&1`, memory([]))), /Permission denied/);
  });
});
