/**
 * Sizes of containers' files and of volumes on file systems of their own: kept where this kernel has project quotas,
 * refused where it has none. Needs root.
 */

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { Task } from "../../shared/objects/types.ts";
import type { TaskContainers } from "../../worker/executor/task-containers.ts";
import { systemProjectQuotas } from "../../worker/ports/system-project-quotas.ts";
import { createMount } from "../support/objects.ts";
import { collect, NEVER, RuntimeFixture } from "./runtime-fixture.ts";

const DISK_BYTES = 400 << 20;
const [FIRST, LAST] = [2 ** 30, 2 ** 31 - 1];
/** 8 MiB, and what became of that. */
const WRITE =
  "dd if=/dev/zero of=$0/big bs=65536 count=128 2>/tmp/said && echo all fits || grep -o 'Disk.*\\|No space.*' /tmp/said";
const writeTo = (directory: string): string => WRITE.replace("$0", directory).replaceAll("/tmp/said", "/dev/shm/said");
const FULL = /Disk quota exceeded|No space left on device/;
const SENTENCE =
  /^node \S+ cannot limit the size of (a container's files|volume data): \S+ is on (ext4|XFS) without project quotas; mount XFS, or ext4 made with "-O quota,project", there with the option prjquota, or leave out (--storage-opt|its size)$/;

const KINDS = ["ext4", ...(existsSync("/usr/sbin/mkfs.xfs") ? ["xfs"] : [])];

/** A disk in a file. Resolves with whether it keeps quotas. */
function mountDisk(kind: string, file: string, at: string): boolean {
  writeFileSync(file, "");
  truncateSync(file, DISK_BYTES);
  const run = (...argv: readonly [string, ...string[]]): void => {
    execFileSync(argv[0], argv.slice(1), { stdio: "pipe" });
  };
  const make = (...options: readonly string[]): void =>
    kind === "xfs" ? run("mkfs.xfs", "-q", "-f", file) : run("mkfs.ext4", "-q", "-F", ...options, file);
  make("-O", "quota,project");
  mkdirSync(at);
  try {
    run("mount", "-o", "loop,prjquota", file, at);
    return true;
  } catch {
    make();
    run("mount", "-o", "loop", file, at);
    return false;
  }
}

for (const kind of KINDS)
  describe(`sizes on ${kind}`, () => {
    let fixture: RuntimeFixture;
    let executor: TaskContainers;
    let hasQuotas: boolean;
    before(async () => {
      fixture = new RuntimeFixture();
      hasQuotas = mountDisk(kind, join(fixture.directory, "disk"), fixture.dataDirectory);
      fixture.storeImage();
      executor = await fixture.executor();
    });
    after(async () => {
      const last = await fixture.containers();
      for (const key of await last.list()) await last.remove(key);
      execFileSync("umount", ["--lazy", fixture.dataDirectory]);
      await fixture[Symbol.asyncDispose]();
    });

    const sized = (script: string, size: string): Task => fixture.task(script, { storageOptions: { size } });
    const limited = (): number =>
      systemProjectQuotas.projects(fixture.dataDirectory, FIRST, LAST).filter(({ limitBytes }) => limitBytes > 0)
        .length;
    /** What it prints, as one line. */
    async function outcome(task: Task, by = executor): Promise<string> {
      await by.prepare(task, NEVER, () => {});
      await by.start(task, NEVER);
      await by.wait(task.id, NEVER);
      const lines = await collect(by.logs(task.id, { follow: false, tail: -1, sinceMs: 0 }, NEVER));
      await by.remove(task.id);
      return lines.map(({ text }) => Buffer.from(text).toString()).join(" ");
    }
    async function refused(task: Task): Promise<void> {
      await assert.rejects(outcome(task), { code: "failedPrecondition", message: SENTENCE });
      await executor.remove(task.id);
      assert.deepEqual(readdirSync(join(fixture.dataDirectory, "containers")), []);
      assert.deepEqual(readdirSync(join(fixture.dataDirectory, "volumes")), []);
    }

    it("of a container's files", async () => {
      if (!hasQuotas) return await refused(sized(writeTo("/"), "5m"));
      const [small, other] = await Promise.all([
        outcome(sized(writeTo("/"), "5m")),
        outcome(fixture.task(writeTo("/"))),
      ]);
      assert.match(small, FULL);
      assert.equal(other, "all fits");
      assert.equal(await outcome(sized(writeTo("/"), "20m")), "all fits");
      assert.equal(limited(), 0, "no limit is left when its container has gone");
    });

    it("of a container's files, when the daemon has returned", async () => {
      const script = `until [ -e /go ]; do sleep 0.05; done; ${writeTo("/")}`;
      if (!hasQuotas) return await refused(sized(script, "5m"));
      const task = sized(script, "5m");
      await executor.prepare(task, NEVER, () => {});
      await executor.start(task, NEVER);
      const later = await fixture.executor();
      assert.equal(limited(), 1, "the new daemon takes it for nobody's");
      fixture.signalIn(task, "go");
      await later.wait(task.id, NEVER);
      const lines = await collect(later.logs(task.id, { follow: false, tail: -1, sinceMs: 0 }, NEVER));
      assert.match(lines.map(({ text }) => Buffer.from(text).toString()).join(" "), FULL);
      await later.remove(task.id);
      assert.equal(limited(), 0);
    });

    it("of a volume", async () => {
      const mounts = [createMount({ source: "data", target: "/v", volumeOptions: { size: "5m" } })];
      const task = fixture.task(`${writeTo("/v")}; ${writeTo("/")}`, { mounts });
      if (!hasQuotas) return await refused(task);
      const said = await outcome(task);
      assert.match(said, FULL, "the volume is full");
      assert.match(said, / all fits$/, "and the container is not");
      assert.equal(limited(), 1, "it is there without a container, too");
      const { volumes } = await fixture.containers();
      const bytes = await volumes.store.bytesOf("data");
      assert.ok(bytes > 4 << 20 && bytes <= 5 << 20, `${bytes}`);
      await volumes.store.remove("data");
      assert.equal(limited(), 0);
    });
  });
