import assert from "node:assert/strict";
import { test } from "node:test";
import { unary } from "../../../../shared/rpc/handler.ts";
import { createFakeDaemon, runCli } from "../fake-daemon.ts";

const DEPENDENTS = new Map([
  ["db", ["web", "api"]],
  ["cache", ["web"]],
]);

for (const [args, warned] of [
  [["db"], ["web", "api"]],
  [
    ["db", "cache"],
    ["web", "api"],
  ],
  [["db", "web", "api"], []],
  [["mail"], []],
] as const) {
  test(`service rm ${args.join(" ")} warns of ${warned.join(" and ") || "nobody"}`, async () => {
    await using daemon = createFakeDaemon({
      control: { removeService: unary(async ({ ref }) => ({ dependents: DEPENDENTS.get(ref) ?? [] })) },
    });
    await daemon.listen();
    const ran = await runCli(["service", "rm", ...args], daemon);
    assert.deepEqual(ran.out, args);
    assert.deepEqual(
      ran.err,
      warned.map(
        (name) =>
          `Warning: service ${name} depends on what was removed, and waits for one of its name where it starts a task anew`,
      ),
    );
  });
}
