import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { createId, type TaskId } from "../../shared/ids.ts";
import { systemClock } from "../../shared/ports/system-clock.ts";
import { systemRandom } from "../../shared/ports/system-random.ts";
import { RuntimeFixture } from "../e2e/runtime-fixture.ts";
import { FakeExecutor } from "../support/fake-worker.ts";
import { createService, createTask } from "../support/objects.ts";
import { type ExecutorUnderTest, taskExecutorContract } from "./task-executor-contract.ts";

describe("the executor that tests of the agent use keeps the contract", () => {
  const executor = new FakeExecutor(systemClock);
  taskExecutorContract(() => ({
    executor,
    createTask: () => createTask("t", createService("web"), { id: createId<TaskId>(systemRandom) }),
    end: async (task, exitCode) => executor.exit(task.id, exitCode),
  }));
});

describe("the executor of containers keeps the contract", () => {
  let fixture: RuntimeFixture;
  let underTest: ExecutorUnderTest;

  before(async () => {
    fixture = new RuntimeFixture();
    fixture.storeImage();
    const executor = await fixture.executor();
    underTest = {
      executor,
      createTask: () =>
        fixture.task("while [ ! -s /end ]; do sleep 0.01; done; exit $(cat /end)", { stopGracePeriodMs: 0 }),
      end: async (task, exitCode) => fixture.signalIn(task, "end", String(exitCode)),
    };
  });
  after(async () => {
    await fixture[Symbol.asyncDispose]();
  });

  taskExecutorContract(() => underTest);

  it("lists a task of which only the network is left, and removes that too", async () => {
    const task = fixture.task("true");
    await fixture.network.attach(task);
    assert.deepEqual(await underTest.executor.list(), [task.id]);
    await underTest.executor.remove(task.id);
    assert.deepEqual(await underTest.executor.list(), []);
    assert.deepEqual(fixture.network.namespaces, []);
  });
});
