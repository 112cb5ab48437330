import assert from "node:assert/strict";
import { test } from "node:test";
import { SwarmError } from "../../../shared/errors.ts";
import type { Task, UpdateStatus } from "../../../shared/rpc/gen/objects.ts";
import { unary } from "../../../shared/rpc/handler.ts";
import type { Sendable } from "../../../shared/rpc/sendable.ts";
import { createFakeDaemon, runCli } from "./fake-daemon.ts";

const OLD: Sendable<Task> = {
  id: "old",
  meta: { createdAtMs: 1_000 },
  serviceId: "s1",
  serviceAnnotations: { name: "shop.web" },
  slot: 2,
  desiredState: "SHUTDOWN",
  status: { state: "FAILED", err: "task: non-zero exit (3)", timestampMs: 2_000, container: { exitCode: 3 } },
};
const NEW: Sendable<Task> = {
  ...OLD,
  id: "new",
  meta: { createdAtMs: 2_000 },
  desiredState: "RUNNING",
  generation: 4,
  status: { state: "PENDING", err: "no suitable node (insufficient resources on 2 nodes)", timestampMs: 3_000 },
};

const daemonWith = (tasks: readonly Sendable<Task>[]) =>
  createFakeDaemon({
    control: {
      getTask: unary(async ({ ref }) => {
        const task = tasks.find(({ id }) => id === ref);
        if (task === undefined) throw new SwarmError("notFound", `task ${ref} not found`);
        return { task };
      }),
      listTasks: unary(async ({ namePrefixes }) => {
        assert.ok(namePrefixes.every((name) => name === "shop.web"));
        return { tasks };
      }),
      listNodes: unary(async () => ({ nodes: [] })),
    },
  });

test("task inspect finds a task by id, or the newest of a slot, and says first why it does not run", async () => {
  await using daemon = daemonWith([OLD, NEW]);
  await daemon.listen();
  const of = async (...words: readonly string[]) => (await runCli(["task", "inspect", ...words], daemon)).out;
  assert.deepEqual(await of("--format", "{{.ID}} {{.Status.Err}}", "shop.web.2", "old"), [
    "new no suitable node (insufficient resources on 2 nodes)",
    "old task: non-zero exit (3)",
  ]);
  const pretty = await of("--pretty", "shop.web.2");
  assert.match(pretty.join("\n"), /^ID:\tnew\nName:\tshop\.web\.2\nStatus:\n State:\tPending .* ago\n/);
  assert.ok(pretty.includes(" Error:\tno suitable node (insufficient resources on 2 nodes)"));
  assert.ok(!pretty.some((line) => line.includes("Exit Code")));
  assert.ok((await of("--pretty", "old")).includes(" Exit Code:\t3"));
});

test("task inspect shows the tasks there are when another is missing, and fails", async () => {
  await using daemon = daemonWith([OLD]);
  await daemon.listen();
  const ran = await runCli(["task", "inspect", "--format", "{{.ID}}", "shop.web.7", "old"], daemon);
  assert.deepEqual([ran.ok, ran.out, ran.err], [false, ["old"], ["Error: task shop.web.7 not found"]]);
});

test("the reason of a task that should run is shown as a whole, that of one which is over is cut", async () => {
  const over = { ...OLD, status: { ...OLD.status, err: `${"x".repeat(59)}yz` } };
  await using daemon = daemonWith([over, NEW]);
  await daemon.listen();
  const errors = async (...words: readonly string[]) =>
    (await runCli(["task", "ls", "--format", "{{.Error}}", ...words], daemon)).out;
  const whole = '"no suitable node (insufficient resources on 2 nodes)"';
  assert.deepEqual(await errors(), [whole, `"${"x".repeat(59)}…"`]);
  assert.deepEqual(await errors("--no-trunc"), [whole, `"${"x".repeat(59)}yz"`]);
});

test("task ls lists the tasks of all services", async () => {
  await using daemon = daemonWith([OLD, NEW]);
  await daemon.listen();
  const { out } = await runCli(["task", "ls", "--format", "{{.Name}} {{.DesiredState}}"], daemon);
  assert.deepEqual(out, ["shop.web.2 Running", " \\_ shop.web.2 Shutdown"]);
});

test("service ps says of an update that is not over what it waits for, or why it was given up", async () => {
  let state: UpdateStatus["state"] = "PAUSED";
  await using daemon = createFakeDaemon({
    control: {
      getService: unary(async () => ({
        service: { id: "s1", spec: { annotations: { name: "web" } }, updateStatus: { state, message: "because" } },
      })),
      listTasks: unary(async () => ({ tasks: [] })),
      listNodes: unary(async () => ({ nodes: [] })),
    },
  });
  await daemon.listen();
  const said = async (...words: readonly string[]) => (await runCli(["service", "ps", ...words, "web"], daemon)).err;
  assert.deepEqual(await said(), ["web: because"]);
  assert.deepEqual(await said("--quiet"), []);
  state = "UPDATING";
  assert.deepEqual(await said(), ["web: because"]);
  state = "COMPLETED";
  assert.deepEqual(await said(), []);
});

test("service ps says of a task on a node that is not heard that its state is the last one known", async () => {
  const running = { ...NEW, nodeId: "n1", status: { state: "RUNNING" } } as const;
  const ended = { ...OLD, id: "ended", nodeId: "n1" };
  let state: "DOWN" | "READY" = "DOWN";
  await using daemon = createFakeDaemon({
    control: {
      listTasks: unary(async () => ({ tasks: [running, ended] })),
      listNodes: unary(async () => ({ nodes: [{ id: "n1", status: { state } }] })),
    },
  });
  await daemon.listen();
  const states = async () => (await runCli(["task", "ls", "--format", "{{.CurrentState}}"], daemon)).out;
  const [lost = "", over = ""] = await states();
  assert.match(lost, /^Running .* ago, node down$/);
  assert.match(over, /^Failed .* ago$/);
  state = "READY";
  assert.match((await states())[0] ?? "", /^Running .* ago$/);
});

test("of several names one that is not there does not hide the others", async () => {
  const found = (ref: string) => {
    if (ref === "nope") throw new SwarmError("notFound", "nope not found");
    return { id: ref, spec: { annotations: { name: ref } } };
  };
  await using daemon = createFakeDaemon({
    control: {
      getService: unary(async ({ ref }) => ({ service: found(ref) })),
      getNode: unary(async ({ ref }) => ({ node: found(ref) })),
      getNetwork: unary(async ({ ref }) => ({ network: found(ref) })),
      getSecret: unary(async ({ ref }) => ({ secret: found(ref) })),
      listTasks: unary(async () => ({ tasks: [NEW] })),
      listNodes: unary(async () => ({ nodes: [] })),
    },
  });
  await daemon.listen();
  for (const [words, out] of [
    [
      ["service", "inspect", "--format", "{{.ID}}"],
      ["a", "b"],
    ],
    [["service", "ps", "-q"], ["new"]],
    [
      ["node", "inspect", "--format", "{{.ID}}"],
      ["a", "b"],
    ],
    [["node", "ps", "-q"], ["new"]],
    [
      ["network", "inspect", "--format", "{{.Id}}"],
      ["a", "b"],
    ],
    [
      ["secret", "inspect", "--format", "{{.ID}}"],
      ["a", "b"],
    ],
  ] as const) {
    const ran = await runCli([...words, "a", "nope", "b"], daemon);
    assert.deepEqual([ran.ok, ran.out, ran.err], [false, out, ["Error: nope not found"]], words.join(" "));
  }
});
