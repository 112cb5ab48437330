import assert from "node:assert/strict";
import { test } from "node:test";
import { SwarmError } from "../../../shared/errors.ts";
import { serverStream, unary } from "../../../shared/rpc/handler.ts";
import { createFakeDaemon, runCli } from "./fake-daemon.ts";

test("lines of a task that the swarm forgets while it is followed keep their name", async () => {
  const nodeId = "a".repeat(25);
  const line = (taskId: string, text: string) => ({
    taskId,
    nodeId,
    text: Buffer.from(text),
    stream: "STDOUT" as const,
  });
  const [one, two, gone] = ["1".repeat(25), "2".repeat(25), "3".repeat(25)];
  const task = (id: string) => ({ id, serviceId: "s1", slot: 1, nodeId, serviceAnnotations: { name: "web" } });
  // The first answer knows one task, the next ones only the other: the reaper was there in between.
  const answers = [[task(one)]];
  await using daemon = createFakeDaemon({
    control: {
      listNodes: unary(async () => ({ nodes: [] })),
      getService: unary(async () => ({ service: { id: "s1", spec: { annotations: { name: "web" } } } })),
      listTasks: unary(async () => ({ tasks: answers.shift() ?? [task(two)] })),
    },
    logs: {
      subscribe: serverStream(async (_request, _context, send) => {
        await send({ lines: [line(one, "first")] });
        await send({ lines: [line(two, "second"), line(one, "last words"), line(gone, "from nobody")] });
      }),
    },
  });
  await daemon.listen();
  const { out } = await runCli(["service", "logs", "web"], daemon);
  assert.deepEqual(
    out.map((text) => text.split(/\s+\|/)[0]?.replace(/@.*/, "")),
    [`web.1.${one.slice(0, 12)}`, `web.1.${two.slice(0, 12)}`, `web.1.${one.slice(0, 12)}`, `web.${gone.slice(0, 12)}`],
  );
});

test("lines of a task that was asked for by its name have that name", async () => {
  const [nodeId, taskId] = ["a".repeat(25), "1".repeat(25)];
  const task = { id: taskId, serviceId: "s1", slot: 7, nodeId, serviceAnnotations: { name: "many" } };
  const notFound = async () => {
    throw new SwarmError("notFound", "not found");
  };
  await using daemon = createFakeDaemon({
    control: {
      listNodes: unary(async () => ({ nodes: [] })),
      getService: unary(notFound),
      getTask: unary(async ({ ref }) => (ref === taskId ? { task } : await notFound())),
      listTasks: unary(async () => ({ tasks: [task] })),
    },
    logs: {
      subscribe: serverStream(async (_request, _context, send) => {
        await send({ lines: [{ taskId, nodeId, text: Buffer.from("39"), stream: "STDOUT" }] });
      }),
    },
  });
  await daemon.listen();
  const { out } = await runCli(["task", "logs", "many.7"], daemon);
  assert.match(out[0] ?? "", new RegExp(`^many\\.7\\.${taskId.slice(0, 12)}@`));
});
