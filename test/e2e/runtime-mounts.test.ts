/** What a container must not be able to do to its host by its mounts, on this kernel. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { Task } from "../../shared/objects/types.ts";
import type { Mount } from "../../shared/rpc/gen/objects.ts";
import type { ContainerExecutor } from "../../worker/executor/container-executor.ts";
import { collect, NEVER, RuntimeFixture } from "./runtime-fixture.ts";

describe("mounts of containers on this kernel", () => {
  let fixture: RuntimeFixture;
  let executor: ContainerExecutor;
  before(async () => {
    fixture = new RuntimeFixture();
    fixture.storeImage();
    executor = await fixture.executor();
  });
  after(async () => {
    await fixture[Symbol.asyncDispose]();
  });

  const mount = (part: Partial<Mount>): Mount => ({
    ...{ type: "VOLUME", source: "", target: "/data", readOnly: false, tmpfsSizeBytes: 0, tmpfsMode: 0 },
    ...part,
  });
  async function run(task: Task): Promise<Awaited<ReturnType<ContainerExecutor["wait"]>>> {
    await executor.prepare(task, NEVER, () => {});
    await executor.start(task, NEVER);
    return await executor.wait(task.id, NEVER);
  }
  async function output(task: Task): Promise<string> {
    await run(task);
    const lines = await collect(executor.logs(task.id, { follow: false, tail: -1, sinceMs: 0 }, NEVER));
    await executor.remove(task.id);
    return lines.map(({ text }) => Buffer.from(text).toString()).join("\n");
  }

  it("mounts read-only all the way down", async () => {
    const source = join(fixture.directory, "deep");
    mkdirSync(join(source, "below"), { recursive: true });
    execFileSync("mount", ["-t", "tmpfs", "below", join(source, "below")]);
    try {
      const mounts = [mount({ type: "BIND", source, target: "/deep", readOnly: true })];
      const said = await output(fixture.task("touch /deep/x /deep/below/x 2>&1; true", { mounts }));
      assert.deepEqual(said.split("\n"), [
        "touch: /deep/x: Read-only file system",
        "touch: /deep/below/x: Read-only file system",
      ]);
      assert.deepEqual(readdirSync(join(source, "below")), []);
    } finally {
      execFileSync("umount", [join(source, "below")]);
    }
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
