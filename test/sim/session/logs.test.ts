import assert from "node:assert/strict";
import { test } from "node:test";
import { Metadata } from "@grpc/grpc-js";
import type { Answer } from "../../../manager/logs/log-reading.ts";
import { SwarmError } from "../../../shared/errors.ts";
import type { TaskId } from "../../../shared/ids.ts";
import { mustHave } from "../../../shared/invariant.ts";
import type { CallContext } from "../../../shared/rpc/handler.ts";
import { SessionWorld } from "../../support/session-world.ts";

/** One reader of the logs of service web. */
class Reader {
  readonly lines: string[] = [];
  readonly errors: string[] = [];
  readonly ended: Promise<unknown>;
  isOver = false;
  /** Resolved by the test to let a stuck reader take more. */
  gate: Promise<void> = Promise.resolve();
  readonly #gone = new AbortController();

  constructor(world: SessionWorld, options: { readonly follow?: boolean; readonly tail?: number }, ref = "web") {
    const context: CallContext = {
      caller: { kind: "local" },
      forwardedBy: null,
      signal: this.#gone.signal,
      deadlineMs: null,
      metadata: new Metadata(),
    };
    const request = { ref, options: { follow: false, tail: -1, sinceMs: 0, untilMs: 0, ...options }, resume: [] };
    this.ended = world.leader.logs.subscribe
      .run(request, context, (answer) => this.#take(answer))
      .catch((error: unknown) => error)
      .finally(() => {
        this.isOver = true;
      });
  }

  leave(): void {
    this.#gone.abort(new SwarmError("cancelled", "the reader has gone"));
  }

  async #take(answer: Answer): Promise<void> {
    await this.gate;
    for (const line of answer.lines ?? []) this.lines.push(Buffer.from(line.text as Uint8Array).toString());
    this.errors.push(...(answer.errors ?? []));
  }
}

/** Two tasks of the service, on two hosts, that run. */
async function createWorld(): Promise<{ world: SessionWorld; say: (at: number, text: string) => Promise<void> }> {
  const world = await SessionWorld.create(1, 2);
  const tasks: TaskId[] = [];
  for (const [at, host] of world.hosts.entries()) tasks.push(await world.assign(`t${at + 1}`, host, { slot: at + 1 }));
  for (const task of tasks) await world.untilState(task, "RUNNING");
  const say = async (at: number, text: string): Promise<void> => {
    world.hosts[at]?.executor.say(mustHave(tasks[at], "task"), text);
    await world.clock.run(5);
  };
  return { world, say };
}

test("the lines of all hosts come in order of time, and the reading ends", async () => {
  const { world, say } = await createWorld();
  await using _world = world;
  for (const [at, text] of [
    [0, "a"],
    [1, "b"],
    [1, "c"],
    [0, "d"],
  ] as const)
    await say(at, text);
  const reader = new Reader(world, {});
  const tookMs = await world.clock.until("it ends", () => reader.isOver);
  assert.deepEqual(reader.lines, ["a", "b", "c", "d"]);
  assert.deepEqual(reader.errors, []);
  assert.ok(tookMs < 300, `${tookMs} ms`);
});

test("--tail counts for each task", async () => {
  const { world, say } = await createWorld();
  await using _world = world;
  for (const [at, text] of [
    [0, "a"],
    [0, "b"],
    [1, "c"],
    [1, "d"],
  ] as const)
    await say(at, text);
  const reader = new Reader(world, { tail: 1 });
  await world.clock.until("it ends", () => reader.isOver);
  assert.deepEqual(reader.lines, ["b", "d"]);
});

test("a host without a session is named in-band, and the others' lines still come", async () => {
  const { world, say } = await createWorld();
  await using _world = world;
  await say(0, "a");
  await mustHave(world.hosts[1], "host").kill();
  const reader = new Reader(world, {});
  await world.clock.until("it ends", () => reader.isOver);
  assert.deepEqual(reader.lines, ["a"]);
  assert.deepEqual(reader.errors, [
    "logs of web.2 (task t2zzzzzzzzzz on n2) cannot be read: its node is not in session",
  ]);
});

test("a host that is mute is given up after a while, and named", async () => {
  const { world, say } = await createWorld();
  await using _world = world;
  await say(0, "a");
  world.transport.cut(mustHave(world.hosts[1], "host").nodeId);
  const reader = new Reader(world, {});
  await world.clock.until("it ends", () => reader.isOver, 6_000);
  assert.deepEqual(reader.lines, ["a"]);
  assert.match(reader.errors.join(), /web\.2 .* did not answer within 5 s/);
});

test("a host that hangs while it publishes is given up, and named", async () => {
  const { world, say } = await createWorld();
  await using _world = world;
  await say(0, "a");
  const [, second] = world.hosts;
  mustHave(second, "host").executor.hangingLogs.add(
    mustHave([...mustHave(second, "host").executor.containers.keys()][0], "task"),
  );
  const reader = new Reader(world, {});
  await world.clock.run(1_500);
  world.transport.cut(mustHave(second, "host").nodeId);
  await world.clock.until("it ends", () => reader.isOver, 20_000);
  assert.deepEqual(reader.lines, ["a"]);
  assert.match(reader.errors.join(), /^logs of web\.2 \(task t2zzzzzzzzzz on n2\) cannot be read: its node/);
  assert.equal(reader.errors.length, 1);
});

test("one log that hangs on its host ends with a reason, and the others with their last line", async () => {
  const { world, say } = await createWorld();
  await using _world = world;
  const other = await world.assign("t3", world.host, { slot: 3 });
  await world.untilState(other, "RUNNING");
  await say(0, "a");
  await say(1, "b");
  world.host.executor.hangingLogs.add(other);
  const reader = new Reader(world, {});
  await world.clock.until("it ends", () => reader.isOver, 40_000);
  assert.deepEqual(reader.lines, ["a", "b"]);
  assert.deepEqual(reader.errors, [
    "logs of web.3 (task t3zzzzzzzzzz on n1) cannot be read: nothing was read of it for 30 s",
  ]);
});

test("a host whose answer breaks off is named", async () => {
  const { world, say } = await createWorld();
  await using _world = world;
  await say(0, "a");
  const second = mustHave(world.hosts[1], "host");
  second.executor.hangingLogs.add(mustHave([...second.executor.containers.keys()][0], "task"));
  const reader = new Reader(world, {});
  await world.clock.run(1_500);
  await second.kill();
  await world.clock.until("it ends", () => reader.isOver, 20_000);
  assert.deepEqual(reader.lines, ["a"]);
  assert.match(
    reader.errors.join(),
    /^logs of web\.2 \(task t2zzzzzzzzzz on n2\) cannot be read: its node's answer broke off/,
  );
});

test("following shows new lines soon, also of tasks that come later", async () => {
  const { world, say } = await createWorld();
  await using _world = world;
  const reader = new Reader(world, { follow: true });
  await say(0, "a");
  const tookMs = await world.clock.until("a is read", () => reader.lines.length === 1);
  assert.ok(tookMs < 200, `${tookMs} ms`);
  const later = await world.assign("t3", world.host, { slot: 3 });
  await world.untilState(later, "RUNNING");
  world.host.executor.say(later, "new");
  await world.clock.until("the new task is read", () => reader.lines.includes("new"), 3_000);
  reader.leave();
  await world.clock.until("it ends", () => reader.isOver);
});

test("following goes on after a broken session without a line twice or missing", async () => {
  const { world, say } = await createWorld();
  await using _world = world;
  const reader = new Reader(world, { follow: true });
  await say(0, "a");
  await say(1, "b");
  await world.clock.until("both are read", () => reader.lines.length === 2);
  world.transport.reset(world.host.nodeId);
  await say(0, "c");
  await world.clock.until("c is read", () => reader.lines.includes("c"));
  await world.clock.run(5_000);
  assert.deepEqual(reader.lines, ["a", "b", "c"]);
  reader.leave();
  await world.clock.until("it ends", () => reader.isOver);
});

test("a reader that takes nothing holds up its own hosts only, and loses no line", async () => {
  const { world, say } = await createWorld();
  await using _world = world;
  const reader = new Reader(world, { follow: true });
  const gate = Promise.withResolvers<void>();
  reader.gate = gate.promise;
  await world.clock.run(500);
  for (let at = 0; at < 12_000; at++)
    world.host.executor.say([...world.host.executor.containers.keys()][0] as never, `${at}`);
  await world.clock.run(120_000);
  const other = new Reader(world, { tail: 1 });
  await world.clock.until("the other ends", () => other.isOver);
  assert.equal(other.lines.length, 1);
  gate.resolve();
  await world.clock.until("all are read", () => reader.lines.length >= 12_000, 600_000);
  await say(1, "end");
  await world.clock.until("the last is read", () => reader.lines.includes("end"));
  assert.equal(new Set(reader.lines).size, 12_001);
  reader.leave();
  await world.clock.until("it ends", () => reader.isOver);
});

test("a reader that goes is told to the hosts, who stop reading", async () => {
  const { world } = await createWorld();
  await using _world = world;
  const reader = new Reader(world, { follow: true });
  await world.clock.run(500);
  assert.ok(world.clock.pending.includes("fake: follow log"));
  reader.leave();
  await world.clock.run(500);
  assert.ok(!world.clock.pending.includes("fake: follow log"));
});

test("following ends when the service and its tasks are gone", async () => {
  const { world } = await createWorld();
  await using _world = world;
  const reader = new Reader(world, { follow: true });
  await world.store.update("service rm", (tx) => {
    for (const task of tx.tasksOfService(world.service.id)) tx.remove("task", task.id);
    tx.remove("service", world.service.id);
  });
  await world.clock.until("it ends", () => reader.isOver, 3_000);
});

test("an unknown name is refused with a sentence", async () => {
  const { world } = await createWorld();
  await using _world = world;
  const reader = new Reader(world, {}, "nosuch");
  assert.match(String(await reader.ended), /no such task or service: nosuch/);
});
