import assert from "node:assert/strict";
import { test } from "node:test";
import { unary } from "../../../../shared/rpc/handler.ts";
import { createFakeDaemon, runCli } from "../fake-daemon.ts";

for (const words of [
  ["service", "rollback", "-d", "web"],
  ["service", "update", "--rollback", "--detach", "web"],
]) {
  test(`swarmctl ${words.join(" ")} asks for the spec before, of what it has read`, async () => {
    const service = { id: "s1", meta: { version: 7 }, spec: { annotations: { name: "web" } } };
    const asked: unknown[] = [];
    await using daemon = createFakeDaemon({
      control: {
        getService: unary(async () => ({ service })),
        updateService: unary(async ({ ref, version, spec, rollback }) => {
          asked.push({ ref, version, spec, rollback });
          return { service };
        }),
      },
    });
    await daemon.listen();
    const ran = await runCli(words, daemon);
    assert.deepEqual([ran.out, ran.err], [["web"], []]);
    assert.deepEqual(asked, [{ ref: "s1", version: 7, spec: null, rollback: true }]);
  });
}
