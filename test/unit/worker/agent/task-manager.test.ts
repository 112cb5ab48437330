import assert from "node:assert/strict";
import { test } from "node:test";
import type { TaskId } from "../../../../shared/ids.ts";
import { silentLogger } from "../../../../shared/log.ts";
import { seededRandom } from "../../../../shared/ports/seeded-random.ts";
import { Scope } from "../../../../shared/scope.ts";
import { SWEEP_EVERY_MS, TaskManager } from "../../../../worker/agent/task-manager.ts";
import type { AgentDatabase } from "../../../../worker/ports/agent-database.ts";
import { FakeExecutor, MemoryAgentDatabase } from "../../../support/fake-worker.ts";
import { createService, createTask, testId } from "../../../support/objects.ts";
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

  await manager.takeOver(new Map([[own.id, own]]));
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
  await manager.takeOver(new Map());
  await clock.run(60_000);
  assert.deepEqual(executor.removed, [testId("unknown")]);
  assert.equal(scope.failure, null);
});
