import assert from "node:assert/strict";
import { test } from "node:test";
import { unary } from "../../../../shared/rpc/handler.ts";
import { createFakeDaemon, runCli } from "../fake-daemon.ts";

test("Ctrl-C while a job of run --cluster is being made takes it away again", async () => {
  const interrupt = new AbortController();
  const removed: string[] = [];
  await using daemon = createFakeDaemon({
    control: {
      createService: unary(async () => {
        interrupt.abort("SIGINT");
        return { service: { id: "s1" } };
      }),
      removeService: unary(async ({ ref }) => {
        removed.push(ref);
        return { dependents: [] };
      }),
    },
  });
  await daemon.listen();
  const ran = await runCli(["run", "--cluster", "busybox", "true"], daemon, { signal: interrupt.signal });
  assert.deepEqual([ran.ok, ran.out, removed], [false, [], ["s1"]]);
});
