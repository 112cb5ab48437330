import assert from "node:assert/strict";
import { test } from "node:test";
import { SwarmError } from "../../../shared/errors.ts";
import { serverStream, unary } from "../../../shared/rpc/handler.ts";
import { createFakeDaemon, runCli } from "./fake-daemon.ts";

/** Of the event loop: enough for messages that have been sent to be read. */
const TURNS = 200;
const listNodes = unary(async () => ({ nodes: [{ id: "a".repeat(25), description: { hostname: "host2" } }] }));
const notFound = (ref: string): SwarmError => new SwarmError("notFound", `task ${ref} not found`);

test("logs name task and host, keep both streams apart, and tell whose logs are missing", async () => {
  const line = (text: string, stream: "STDOUT" | "STDERR") => ({
    taskId: "t".repeat(25),
    nodeId: "a".repeat(25),
    text: Buffer.from(text),
    stream,
  });
  const task = {
    id: "t".repeat(25),
    serviceId: "s1",
    slot: 1,
    nodeId: "a".repeat(25),
    serviceAnnotations: { name: "web" },
  };
  await using daemon = createFakeDaemon({
    control: { listNodes, getTask: unary(async () => ({ task })), listTasks: unary(async () => ({ tasks: [task] })) },
    logs: {
      subscribe: serverStream(async (request, _context, send) => {
        assert.deepEqual({ ...request.options }, { follow: false, tail: 5, sinceMs: 0, untilMs: 0 });
        await send({ lines: [line("hello", "STDOUT"), line("oops", "STDERR")], errors: ["host3 does not answer"] });
      }),
    },
  });
  await daemon.listen();
  const ran = await runCli(["service", "logs", "--tail", "5", "web"], daemon);
  assert.deepEqual(ran.out, ["web.1.tttttttttttt@host2    | hello"]);
  assert.deepEqual(ran.err, ["Warning: host3 does not answer", "web.1.tttttttttttt@host2    | oops"]);
  assert.deepEqual((await runCli(["service", "logs", "--raw", "--tail", "5", "web"], daemon)).out, ["hello"]);
});

test("following logs goes on after the leader was lost, without a line twice", async () => {
  const line = (text: string, offset: number) => ({
    taskId: "t".repeat(25),
    nodeId: "a".repeat(25),
    text: Buffer.from(text),
    timestampMs: 1_000,
    generation: 1,
    offset,
  });
  const asked: unknown[] = [];
  await using daemon = createFakeDaemon({
    control: {
      listNodes,
      getTask: unary(async () => {
        throw notFound("t");
      }),
    },
    logs: {
      subscribe: serverStream(async ({ options, resume }, _context, send) => {
        asked.push([options?.follow, options?.tail, (options?.sinceMs ?? 0) > 0, resume.map(({ offset }) => offset)]);
        const lost = new SwarmError("unavailable", "the connection to 10.0.0.2:2377 broke off");
        // All lines have one instant, as those that a container writes at once.
        if (asked.length === 1) {
          await send({ lines: [line("y", 8), line("a", 9)] });
          throw lost;
        }
        if (asked.length === 2) {
          await send({ lines: [line("x", 7), line("y", 8), line("a", 9)] });
          await send({ caughtUp: true });
          throw new SwarmError("internal", "a stream that ends in the middle");
        }
        await send({ lines: [line("a", 9), line("b", 10)] });
      }),
    },
  });
  await daemon.listen();
  const ran = await runCli(["service", "logs", "-f", "--raw", "--tail", "2", "web"], daemon);
  assert.deepEqual([ran.out, ran.err, ran.ok], [["y", "a", "b"], [], true]);
  assert.deepEqual(asked, [
    [true, 2, false, []],
    // What came before the last lines were known was not printed.
    [true, 2, false, []],
    [true, -1, true, [9]],
  ]);
});

test("the last lines are those of all tasks together, in order of time, with what log options name of each", async () => {
  const task = (id: string, slot: number, options: Readonly<Record<string, string>>) => ({
    ...{ id: id.repeat(25), serviceId: "s1", slot, nodeId: "a".repeat(25), serviceAnnotations: { name: "web" } },
    spec: { container: { labels: { tier: "a b" }, env: ["COLOUR=red", "SECRET=x"] }, logDriver: { name: "", options } },
  });
  const tasks = [task("t", 1, { labels: "tier,none", env: "COLOUR" }), task("u", 2, {})];
  const line = (id: string, text: string, timestampMs: number) => ({
    ...{ taskId: id.repeat(25), nodeId: "a".repeat(25), text: Buffer.from(text), timestampMs },
  });
  await using daemon = createFakeDaemon({
    control: {
      listNodes,
      getTask: unary(async () => ({ task: tasks[0] ?? null })),
      listTasks: unary(async () => ({ tasks })),
    },
    logs: {
      subscribe: serverStream(async (_request, _context, send) => {
        await send({ lines: [line("t", "t1", 1), line("t", "t4", 4), line("t", "t5", 5)] });
        await send({ lines: [line("u", "u2", 2), line("u", "u3", 3), line("u", "u6", 6)] });
      }),
    },
  });
  await daemon.listen();
  const { out } = await runCli(["task", "logs", "--details", "--no-task-ids", "--tail", "4", "web"], daemon);
  assert.deepEqual(
    out.map((text) => text.replace(/@\S+ +/, " ")),
    ["web.2 | u3", "web.1 | COLOUR=red,tier=a+b t4", "web.1 | COLOUR=red,tier=a+b t5", "web.2 | u6"],
  );
});

test("logs that nobody reads are not asked for: what has not been printed waits in the daemon", async () => {
  const sent = Promise.withResolvers<void>();
  await using daemon = createFakeDaemon({
    control: { listNodes, getTask: unary(async () => ({ task: null })), listTasks: unary(async () => ({ tasks: [] })) },
    logs: {
      subscribe: serverStream(async (_request, _context, send) => {
        for (const text of ["one", "two", "three"]) {
          const ids = { taskId: "t".repeat(25), nodeId: "a".repeat(25) };
          await send({ lines: [{ ...ids, text: Buffer.from(text), timestampMs: 1_000 }] });
        }
        sent.resolve();
      }),
    },
  });
  await daemon.listen();
  const printed: number[] = [];
  const full = async (before: number): Promise<void> => {
    await sent.promise;
    // By now all would have been printed.
    for (let turn = 0; turn < TURNS; turn++) await new Promise((resolve) => setImmediate(resolve));
    printed.push(before);
  };
  const ran = await runCli(["service", "logs", "--raw", "web"], daemon, { full });
  assert.deepEqual(ran.out, ["one", "two", "three"]);
  assert.deepEqual(printed, [1, 2, 3]);
});
