import assert from "node:assert/strict";
import { it } from "node:test";
import type { Task } from "../../shared/objects/types.ts";
import type { TaskExecutor } from "../../worker/ports/task-executor.ts";

/** What a suite needs to know of an implementation. */
export interface ExecutorUnderTest {
  readonly executor: TaskExecutor;
  /** A task whose container runs until it is stopped. */
  createTask(): Task;
  /** Ends the running container of a task with this exit code, as if by itself. */
  end(task: Task, exitCode: number): Promise<void>;
}

const NEVER = new AbortController().signal;

/** What every TaskExecutor promises to the agent; called inside a `describe`. */
export function taskExecutorContract(get: () => ExecutorUnderTest): void {
  const prepared = async (): Promise<Task> => {
    const task = get().createTask();
    await get().executor.prepare(task, NEVER, () => {});
    return task;
  };

  it("goes from absent by created and running to exited, and back to absent", async () => {
    const { executor, createTask, end } = get();
    const task = createTask();
    assert.deepEqual(await executor.inspect(task.id), { kind: "absent" });
    await executor.prepare(task, NEVER, () => {});
    const created = await executor.inspect(task.id);
    assert.equal(created.kind, "created");
    const running = await executor.start(task, NEVER);
    assert.ok(running.kind === "running" && running.pid > 0);
    assert.deepEqual(await executor.inspect(task.id), running);
    const wait = executor.wait(task.id, NEVER);
    await end(task, 3);
    const exited = await wait;
    assert.deepEqual([exited.kind, exited.containerId, exited.exitCode], ["exited", running.containerId, 3]);
    assert.deepEqual(await executor.inspect(task.id), exited);
    assert.deepEqual(await executor.wait(task.id, NEVER), exited);
    await executor.remove(task.id);
    assert.deepEqual(await executor.inspect(task.id), { kind: "absent" });
  });

  it("takes each call twice", async () => {
    const { executor } = get();
    const task = await prepared();
    await executor.prepare(task, NEVER, () => {});
    assert.deepEqual(await executor.start(task, NEVER), await executor.start(task, NEVER));
    await executor.prepare(task, NEVER, () => {});
    assert.equal((await executor.inspect(task.id)).kind, "running");
    await executor.stop(task);
    await executor.stop(task);
    assert.equal((await executor.inspect(task.id)).kind, "exited");
    await executor.remove(task.id);
    await executor.remove(task.id);
  });

  it("lists what is there, started or not", async () => {
    const { executor } = get();
    const tasks = [await prepared(), await prepared()];
    await executor.start(tasks[0] as Task, NEVER);
    assert.deepEqual([...(await executor.list())].sort(), tasks.map(({ id }) => id).sort());
    for (const task of tasks) await executor.remove(task.id);
    assert.deepEqual(await executor.list(), []);
  });

  it("lets go of whoever does not want to wait any more", async () => {
    const { executor } = get();
    const task = await prepared();
    await executor.start(task, NEVER);
    const controller = new AbortController();
    const wait = executor.wait(task.id, controller.signal);
    controller.abort(new Error("enough"));
    await assert.rejects(wait, /enough/);
    assert.equal((await executor.inspect(task.id)).kind, "running");
    await executor.remove(task.id);
  });
}
