import assert from "node:assert/strict";
import { join } from "node:path";
import { it } from "node:test";
import { toolPath } from "../../scripts/lab-parts/tools.ts";
import type { LogQuery } from "../../worker/ports/task-executor.ts";
import { createResources } from "../support/objects.ts";
import { collect, NEVER, RuntimeFixture } from "./runtime-fixture.ts";

const ALL: LogQuery = { follow: false, tail: -1, sinceMs: 0 };
const quiet = (): void => {};

it("containers run by another OCI runtime as well: runc", async () => {
  await using fixture = new RuntimeFixture();
  fixture.storeImage();
  const other = await fixture.executor({
    ociRuntime: await toolPath("runc"),
    runDirectory: join(fixture.directory, "runc"),
  });
  const limits = createResources({ memoryBytes: 64 << 20, nanoCpus: 500_000_000, pids: 33 });
  const task = fixture.task("id -u; exit 4", { user: "web" }, { limits });
  await other.prepare(task, NEVER, quiet);
  assert.equal((await other.inspect(task.id)).kind, "created");
  await other.start(task, NEVER);
  assert.equal((await other.wait(task.id, NEVER)).exitCode, 4);
  assert.deepEqual(
    (await collect(other.logs(task.id, ALL, NEVER))).map(({ text }) => String(text)),
    ["1000"],
  );
  await other.remove(task.id);
  const missing = fixture.task("", { command: ["/no/such"] });
  await assert.rejects(other.prepare(missing, NEVER, quiet), /the image has no program "\/no\/such"/);
  await other.remove(missing.id);
  const none = await fixture.executor({ ociRuntime: "no-such-runtime" });
  await assert.rejects(none.prepare(task, NEVER, quiet), /no-such-runtime is not installed/);
  await (await fixture.executor()).remove(task.id);
  assert.deepEqual(fixture.leftovers(), []);
});
