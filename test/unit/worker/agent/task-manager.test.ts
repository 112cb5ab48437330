import assert from "node:assert/strict";
import { test } from "node:test";
import type { TaskId } from "../../../../shared/ids.ts";
import { silentLogger } from "../../../../shared/log.ts";
import { sleep } from "../../../../shared/ports/clock.ts";
import { seededRandom } from "../../../../shared/ports/seeded-random.ts";
import type { TaskStatus } from "../../../../shared/rpc/gen/objects.ts";
import { Scope } from "../../../../shared/scope.ts";
import { SWEEP_EVERY_MS, TaskManager } from "../../../../worker/agent/task-manager.ts";
import type { AgentDatabase } from "../../../../worker/ports/agent-database.ts";
import { FakeExecutor, MemoryAgentDatabase } from "../../../support/fake-worker.ts";
import {
  createContainerSpec,
  createSecret,
  createService,
  createTask,
  createTaskSpec,
  testId,
} from "../../../support/objects.ts";
import { VirtualClock } from "../../../support/virtual-clock.ts";

/** A host that is out of files when it is first asked for its containers. */
class StarvedExecutor extends FakeExecutor {
  readonly removed: TaskId[] = [];
  #looks = 0;
  override async list(): Promise<readonly TaskId[]> {
    if (this.#looks++ === 0) throw Object.assign(new Error("too many open files"), { code: "EMFILE" });
    return this.removed.length === 0 ? [testId<TaskId>("unknown")] : [];
  }
  override async remove(taskId: TaskId): Promise<void> {
    this.removed.push(taskId);
  }
}

/** Stops in a second, and removes in another. */
class SlowExecutor extends FakeExecutor {
  readonly #waits: VirtualClock;
  constructor(clock: VirtualClock) {
    super(clock);
    this.stopMs = 1_000;
    this.#waits = clock;
  }
  override async remove(taskId: TaskId): Promise<void> {
    await sleep(this.#waits, 1_000, "fake: remove", new AbortController().signal);
    await super.remove(taskId);
  }
}

test("what no task owns is swept, not only when the first set comes", async () => {
  const clock = new VirtualClock();
  const executor = new FakeExecutor(clock);
  const scope = new Scope(silentLogger);
  const database = { write: async () => {} } as unknown as AgentDatabase;
  const random = seededRandom(1);
  const manager = new TaskManager({ executor, database, clock, random, log: silentLogger, report: () => {} }, scope);
  const own = createTask("t1", createService("web"), { state: "ASSIGNED" });
  const stray = testId<TaskId>("stray");
  const leave = async (): Promise<void> => {
    const made = createTask("stray", createService("web"), { state: "ASSIGNED" });
    await executor.prepare(made, new AbortController().signal, () => {});
  };
  await Promise.all([leave(), clock.run(1_000)]);
  assert.ok(executor.containers.has(stray));
  await clock.run(SWEEP_EVERY_MS);
  assert.ok(executor.containers.has(stray), "before a manager has said what is ours, nothing is swept");

  await manager.takeOver(new Map([[own.id, own]]), new Map());
  await clock.until("swept", () => !executor.containers.has(stray));
  await Promise.all([leave(), clock.run(1_000)]);
  assert.ok(executor.containers.has(stray));
  await clock.until("swept again", () => !executor.containers.has(stray), SWEEP_EVERY_MS + 1_000);
  assert.ok(executor.containers.has(own.id), "what is ours stays");
  await Promise.all([scope.end(new Error("over")), clock.run(1_000)]);
});

test("containers that cannot be listed now are listed again, and the worker goes on", async () => {
  const clock = new VirtualClock();
  await using scope = new Scope(silentLogger);
  const executor = new StarvedExecutor(clock);
  const base = { clock, random: seededRandom(1), log: silentLogger };
  const manager = new TaskManager({ ...base, database: new MemoryAgentDatabase(), executor, report: () => {} }, scope);
  await manager.takeOver(new Map(), new Map());
  await clock.run(60_000);
  assert.deepEqual(executor.removed, [testId("unknown")]);
  assert.equal(scope.failure, null);
});

test("what lasts on a host is told at each doubling: a full disk, a container that cannot be removed", async () => {
  const clock = new VirtualClock();
  await using scope = new Scope(silentLogger);
  const told: string[] = [];
  const log = { ...silentLogger, warn: (line: string) => void told.push(line), error: assert.fail };
  const database = new MemoryAgentDatabase();
  database.isFull = true;
  const executor = new FakeExecutor(clock);
  const stray = createTask("stray", createService("web"), { state: "ASSIGNED" });
  await executor.prepare(stray, new AbortController().signal, () => {});
  executor.remove = () => Promise.reject(new Error("crun: device or resource busy"));
  const manager = new TaskManager({ clock, random: seededRandom(1), log, database, executor, report: () => {} }, scope);
  const task = createTask("t1", createService("web"), { state: "ASSIGNED" });
  await manager.takeOver(new Map([[task.id, task]]), new Map());
  await clock.run(24 * 60 * SWEEP_EVERY_MS);
  const times = (line: string): number => told.filter((one) => one === line).length;
  assert.ok(times("unknown task not removed") >= 2 && times("unknown task not removed") <= 12, told.join());
  assert.ok(times("task not stored on this host") >= 1 && times("task not stored on this host") <= 4, told.join());
  assert.equal(new Set(told).size, 2, told.join());
});

for (const putBackMs of [500, 1_500]) {
  test(`a task put back ${putBackMs} ms after it was dropped, while it is removed, is over and has a runner`, async () => {
    const clock = new VirtualClock();
    await using scope = new Scope(silentLogger);
    const executor = new SlowExecutor(clock);
    const database = new MemoryAgentDatabase();
    const reported: string[] = [];
    const report = (_: TaskId, { state }: TaskStatus): void => void reported.push(state);
    const base = { clock, random: seededRandom(1), log: silentLogger };
    const manager = new TaskManager({ ...base, database, executor, report }, scope);
    const task = createTask("t1", createService("web"), { state: "ASSIGNED" });
    await manager.takeOver(new Map([[task.id, task]]), new Map());
    await clock.until("running", () => manager.runningCount() === 1);
    // Stopping takes until 1 s, removing until 2 s.
    await manager.takeOver(new Map(), new Map());
    await clock.run(putBackMs);
    const back = { ...task, status: { ...task.status, state: "RUNNING" as const } };
    await manager.takeOver(new Map([[task.id, back]]), new Map());
    await clock.run(5_000);
    assert.ok(!executor.containers.has(task.id));
    assert.deepEqual(manager.taskIds, [task.id]);
    assert.equal(database.tasks.get(task.id)?.status.state, "SHUTDOWN");
    assert.equal(reported.at(-1), "SHUTDOWN");
    // What managers say of it from here on is followed as ever.
    await manager.takeOver(new Map(), new Map());
    await clock.run(5_000);
    assert.deepEqual([manager.taskIds, database.tasks.size], [[], 0]);
  });
}

test("a host that leaves keeps no task that was put back", async () => {
  const clock = new VirtualClock();
  await using scope = new Scope(silentLogger);
  const executor = new SlowExecutor(clock);
  const base = { clock, random: seededRandom(1), log: silentLogger };
  const manager = new TaskManager({ ...base, database: new MemoryAgentDatabase(), executor, report: () => {} }, scope);
  const task = createTask("t1", createService("web"), { state: "ASSIGNED" });
  await manager.takeOver(new Map([[task.id, task]]), new Map());
  await clock.until("running", () => manager.runningCount() === 1);
  const left = manager.removeAll();
  await clock.run(5_000);
  await left;
  assert.deepEqual(manager.taskIds, []);
});

test("a task that uses a secret waits for a manager's word, and gets nothing but what that gave", async () => {
  const clock = new VirtualClock();
  await using scope = new Scope(silentLogger);
  const executor = new FakeExecutor(clock);
  const database = new MemoryAgentDatabase();
  const base = { clock, random: seededRandom(1), log: silentLogger };
  const manager = new TaskManager({ ...base, database, executor, report: () => {} }, scope);
  const reference = { sourceId: testId("key"), sourceName: "key", target: "key", uid: 0, gid: 0 };
  const spec = createTaskSpec({ container: createContainerSpec({ secrets: [reference] }) });
  const [one, two] = ["t1", "t2"].map((id) => createTask(id, createService("web"), { state: "ACCEPTED", spec }));
  assert.ok(one && two);
  manager.adopt([one]);
  await clock.run(60_000);
  assert.equal(executor.containers.size, 0, "after a restart of the daemon the secret is not here");

  const secret = createSecret("key", "planted");
  await manager.takeOver(new Map([[one.id, one]]), new Map([[secret.id, secret]]));
  await clock.until("prepared", () => executor.containers.has(one.id));
  assert.deepEqual([...(executor.contents.get(one.id)?.keys() ?? [])], [secret.id]);
  assert.doesNotMatch(JSON.stringify([...database.tasks.values()]), /planted/);

  await manager.takeOver(new Map([one, two].map((task) => [task.id, task])), new Map());
  await clock.until("rejected", () => database.tasks.get(two.id)?.status.state === "REJECTED");
  assert.equal(database.tasks.get(two.id)?.status.err, "secret key is no longer there");
});
