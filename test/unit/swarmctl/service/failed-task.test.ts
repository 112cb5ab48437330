import assert from "node:assert/strict";
import { test } from "node:test";
import { serverStream, unary } from "../../../../shared/rpc/handler.ts";
import { createFakeDaemon, runCli } from "../fake-daemon.ts";

const NODE = "a".repeat(25);
const taskOf = (letter: string, slot: number, createdAtMs: number) => ({
  id: letter.repeat(25),
  serviceId: "s1",
  slot,
  nodeId: NODE,
  meta: { createdAtMs },
  status: { state: "FAILED" as const, err: `exit ${slot}` },
  serviceAnnotations: { name: "web" },
});
const tasks = [taskOf("t", 1, 1), taskOf("u", 2, 2)];

/** An update that pauses, over the task that is named, or over one that nobody names. */
function daemonWith(failedTask: string) {
  const updateStatus = { state: "PAUSED" as const, message: "update paused", failedTask };
  const service = {
    id: "s1",
    generation: 2,
    meta: { version: 7 },
    spec: { annotations: { name: "web" } },
    updateStatus,
  };
  return createFakeDaemon({
    control: {
      getService: unary(async () => ({ service })),
      updateService: unary(async () => ({ service })),
      listTasks: unary(async () => ({ tasks })),
      getTask: unary(async ({ ref }) => ({ task: tasks.find(({ id }) => id === ref) ?? null })),
      listNodes: unary(async () => ({ nodes: [{ id: NODE, description: { hostname: "host2" } }] })),
      watchServiceProgress: serverStream(async (_request, _context, send) => {
        await send({ name: "web", generation: 2, wanted: 2, updateStatus });
      }),
    },
    logs: {
      subscribe: serverStream(async ({ ref, options }, _context, send) => {
        const text = Buffer.from(`last words of ${ref[0]}, of ${options?.tail}`);
        await send({ lines: [{ taskId: ref, nodeId: NODE, text, stream: "STDOUT" }], caughtUp: true });
      }),
    },
  });
}

for (const [named, letter, slot] of [
  ["t".repeat(25), "t", 1],
  ["", "u", 2],
] as const) {
  test(`a change that fails shows task ${letter} and its last lines, on standard error (${named || "none"} named)`, async () => {
    await using daemon = daemonWith(named);
    await daemon.listen();
    const { ok, err, out } = await runCli(["service", "rollback", "--quiet", "web"], daemon);
    assert.equal(ok, false);
    assert.deepEqual(out, ["web"]);
    assert.deepEqual(err, [
      `Task web.${slot}.${letter.repeat(25)} failed: exit ${slot}`,
      `web.${slot}.${letter.repeat(12)}@host2    | last words of ${letter}, of 10`,
      "Error: service update paused: update paused",
    ]);
  });
}
