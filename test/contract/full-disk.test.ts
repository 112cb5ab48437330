/** The databases of a host on a disk that was full for a while: what was taken later is there for the next daemon. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { silentLogger } from "../../shared/log.ts";
import { codecs } from "../../shared/rpc/schema.ts";
import { NodeDatabase } from "../../swarmd/ports/node-database.ts";
import { LevelAgentDatabase } from "../../worker/ports/level-agent-database.ts";
import { createService, createTask } from "../support/objects.ts";

/** Room for what a database begins with. */
const DISK_KIB = 512;
/** Far more than fits. */
const WRITES_MAX = 10_000;

/** A disk of its own for a test, which can be filled. */
class SmallDisk implements Disposable {
  readonly directory = mkdtempSync(join(tmpdir(), "swarm-full-disk-"));

  constructor() {
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${DISK_KIB}k`, "tmpfs", this.directory]);
  }

  fill(): void {
    try {
      for (let at = 0; ; at++) writeFileSync(join(this.directory, `fill-${at}`), Buffer.alloc(4096));
    } catch {
      // It is full.
    }
  }

  free(): void {
    for (const name of readdirSync(this.directory)) if (name.startsWith("fill-")) rmSync(join(this.directory, name));
  }

  [Symbol.dispose](): void {
    execFileSync("umount", [this.directory]);
    rmdirSync(this.directory);
  }
}

/** Writes until the disk refuses one; resolves with how many it took. */
async function writeUntilRefused(write: (at: number) => Promise<void>): Promise<number> {
  for (let at = 0; at < WRITES_MAX; at++) {
    try {
      await write(at);
    } catch (error) {
      assert.match(String((error as Error).message), /No space left on device|not open/);
      return at;
    }
  }
  throw new Error("the disk was never full");
}

test("a worker's tasks that came after its disk was full are there for the next daemon", async () => {
  using disk = new SmallDisk();
  const task = (id: string) => createTask(id, createService("web"));
  const database = await LevelAgentDatabase.open(join(disk.directory, "worker"));
  await database.write({ putTasks: [task("before")] });
  disk.fill();
  const fitted = await writeUntilRefused((at) => database.write({ putTasks: [task(`filler${at}`)] }));
  // It is opened anew in vain, and that does no harm.
  await assert.rejects(database.write({ putTasks: [task("refused")] }));
  disk.free();
  await database.write({ putTasks: [task("after")] });
  await database.close();
  const next = await LevelAgentDatabase.open(join(disk.directory, "worker"));
  const ids = (await next.load()).tasks.map(({ id }) => id);
  await next.close();
  for (const name of ["before", "after", ...(fitted > 0 ? ["filler0"] : [])])
    assert.ok(ids.includes(task(name).id), name);
});

test("networks of a host that came after its disk was full are there for the next daemon, as its own record is", async () => {
  using disk = new SmallDisk();
  const network = (id: string) => ({ ...codecs.localNetwork.decode(new Uint8Array()), id });
  {
    await using database = await NodeDatabase.open(disk.directory);
    const book = database.networks(silentLogger);
    await book.put(network("before"));
    disk.fill();
    await writeUntilRefused((at) => book.put(network(`filler${at}`)));
    await assert.rejects(book.put(network("refused")));
    disk.free();
    await book.put(network("after"));
    await book.remove("before");
  }
  await using next = await NodeDatabase.open(disk.directory);
  const ids = (await next.networks(silentLogger).load()).map(({ id }) => id);
  assert.ok(ids.includes("after") && !ids.includes("before"), ids.join(", "));
});
