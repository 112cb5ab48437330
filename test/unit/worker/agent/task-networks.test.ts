import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { TaskId } from "../../../../shared/ids.ts";
import type { Task } from "../../../../shared/objects/types.ts";
import { TaskNetworks } from "../../../../worker/agent/task-networks.ts";
import { networkTask } from "../../../support/network-objects.ts";

const at = (last: number) => [{ networkId: "blue", address: `10.5.0.${last}/24` }];
const web = (name: string, last: number): Task => ({
  ...networkTask(name, { networks: at(last) }),
  status: { state: "RUNNING" } as Task["status"],
});
const setOf = (...tasks: readonly Task[]): ReadonlyMap<TaskId, Task> => new Map(tasks.map((task) => [task.id, task]));

class Executor {
  readonly told: string[] = [];
  readonly failing = new Set<string>();

  async reconnect(task: Task): Promise<void> {
    if (this.failing.has(task.id)) throw new Error("no room");
    this.told.push(`${task.id.replace(/x+$/, "")} ${task.networks[0]?.address}`);
  }
}

describe("networks of running tasks", () => {
  it("are told once, and again when they change", async () => {
    const executor = new Executor();
    const networks = new TaskNetworks(executor);
    await networks.follow(setOf(web("a", 4), web("b", 5)));
    await networks.follow(setOf(web("a", 4), web("b", 6)));
    assert.deepEqual(executor.told, ["a 10.5.0.4/24", "b 10.5.0.5/24", "b 10.5.0.6/24"]);
  });

  it("do not wait for a task whose networks cannot be changed, which is tried again", async () => {
    const executor = new Executor();
    const networks = new TaskNetworks(executor);
    const set = setOf(web("a", 4), web("b", 5));
    executor.failing.add(web("a", 4).id);
    await assert.rejects(networks.follow(set), /1 of 2 tasks: no room/);
    executor.failing.clear();
    await networks.follow(set);
    assert.deepEqual(executor.told, ["b 10.5.0.5/24", "a 10.5.0.4/24"]);
  });

  it("are nothing to a task that is over", async () => {
    const executor = new Executor();
    await new TaskNetworks(executor).follow(setOf({ ...web("a", 4), status: { state: "FAILED" } as Task["status"] }));
    assert.deepEqual(executor.told, []);
  });
});
