/** Secrets and configs as files of real containers, under each OCI runtime. Needs root. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { it } from "node:test";
import { toolPath } from "../../scripts/lab-parts/tools.ts";
import type { FileReference, Mount } from "../../shared/rpc/gen/objects.ts";
import { createConfig, createMount, createSecret } from "../support/objects.ts";
import { collect, NEVER, RuntimeFixture } from "./runtime-fixture.ts";

const quiet = (): void => {};
const secret = createSecret("key", "planted");
const config = createConfig("site", "listen 80");
const CONTENTS = new Map([secret, config].map((one) => [one.id as string, one]));
const reference = (sourceId: string, target: string, part: Partial<FileReference> = {}): FileReference => ({
  ...{ sourceId, sourceName: target, target, uid: 0, gid: 0 },
  ...part,
});
const memory = (target: string): Mount =>
  createMount({ type: "TMPFS", target, tmpfsSizeBytes: 1 << 20, tmpfsMode: 0o755 });

for (const runtime of ["crun", "runc"] as const) {
  it(`${runtime}: files of secrets and configs, for a user, over files of the image and within mounts`, async () => {
    await using fixture = new RuntimeFixture();
    fixture.storeImage();
    const executor = await fixture.executor({
      ociRuntime: runtime === "crun" ? runtime : await toolPath(runtime),
      runDirectory: join(fixture.directory, runtime),
    });
    const script =
      "cat /run/secrets/own && cat /etc/hostname /tmp/deep/site; cat /run/secrets/root 2>/dev/null || echo shut";
    const task = fixture.task(script, {
      user: "web",
      readOnly: true,
      mounts: [memory("/tmp")],
      secrets: [reference(secret.id, "own", { uid: 1000, mode: 0o400 }), reference(secret.id, "root", { mode: 0o400 })],
      configs: [reference(config.id, "/etc/hostname"), reference(config.id, "/tmp/deep/site")],
    });
    const isShown = (): boolean => readFileSync("/proc/self/mountinfo", "utf8").includes(fixture.directory);
    const wasShown = isShown();
    await executor.prepare(task, NEVER, quiet, CONTENTS);
    assert.equal(isShown(), wasShown, "the host's own mount table has nothing of it");
    await executor.start(task, NEVER);
    assert.equal((await executor.wait(task.id, NEVER)).exitCode, 0);
    const lines = await collect(executor.logs(task.id, { follow: false, tail: -1, sinceMs: 0 }, NEVER));
    assert.equal(lines.map(({ text }) => String(text)).join("|"), "plantedlisten 80listen 80shut");
    await executor.remove(task.id);
    assert.deepEqual(fixture.leftovers(), []);
  });
}

it("a target below /proc is refused, without a word of the secret", async () => {
  await using fixture = new RuntimeFixture();
  fixture.storeImage();
  const executor = await fixture.executor();
  const task = fixture.task("true", { secrets: [reference(secret.id, "/proc/1/key")] });
  await assert.rejects(executor.prepare(task, NEVER, quiet, CONTENTS), (error: Error) => {
    assert.match(error.message, /nothing can be mounted there/);
    return !error.message.includes("planted");
  });
  await executor.remove(task.id);
  assert.deepEqual(fixture.leftovers(), []);
});
