/** What tasks use, on its way from hosts to the leader: for as long as the leader asks, and for no other tasks. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { USE_STALE_MS } from "../../../manager/tasks/task-use.ts";
import type { TaskId } from "../../../shared/ids.ts";
import { testId } from "../../support/objects.ts";
import { SessionWorld } from "../../support/session-world.ts";

const [T1, T2] = [testId<TaskId>("t1"), testId<TaskId>("t2")];

/** A host whose tasks use a quarter of a CPU each. */
async function createWorld() {
  const world = await SessionWorld.create();
  const reads: string[] = [];
  world.host.readMeter = async (taskId) => {
    reads.push(taskId);
    return { cpuNs: (world.clock.now() * 1_000_000) / 4, memoryBytes: 7 };
  };
  const uses = (): readonly string[] =>
    [...world.leader.dispatcher.usageOf(world.host.nodeId)].map(([id, { nanoCpus }]) => `${id} ${nanoCpus / 1e9}`);
  return { world, reads, uses, [Symbol.asyncDispose]: () => world[Symbol.asyncDispose]() };
}

test("a host that is not asked measures nothing", async () => {
  await using it = await createWorld();
  await it.world.clock.run(60_000);
  assert.deepEqual([it.reads, it.uses()], [[], []]);
});

test("a host tells of the tasks that it is asked about, until it is asked for none", async () => {
  await using it = await createWorld();
  const { world, reads, uses } = it;
  const { dispatcher } = world.leader;
  dispatcher.measure(world.host.nodeId, [T1, T2]);
  await world.clock.run(6_000);
  assert.deepEqual(uses(), [`${T1} 0.25`, `${T2} 0.25`]);
  dispatcher.measure(world.host.nodeId, [T2]);
  await world.clock.run(6_000);
  assert.deepEqual(uses(), [`${T2} 0.25`]);
  dispatcher.measure(world.host.nodeId, []);
  await world.clock.run(1_000);
  const before = reads.length;
  await world.clock.run(60_000);
  assert.deepEqual([reads.length, uses()], [before, []]);
});

test("what a silent host said is forgotten", async () => {
  await using it = await createWorld();
  const { world, uses } = it;
  world.leader.dispatcher.measure(world.host.nodeId, [T1]);
  await world.clock.run(6_000);
  assert.equal(uses().length, 1);
  world.host.readMeter = () => new Promise(() => {});
  await world.clock.run(USE_STALE_MS + 1_000);
  assert.deepEqual(uses(), []);
});
