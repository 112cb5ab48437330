import assert from "node:assert/strict";
import { test } from "node:test";
import { SwarmError } from "../../../../shared/errors.ts";
import {
  LEAVE_FORCE_MS_MAX,
  LEAVE_GRACE_MS_MAX,
  LEAVE_KILL_MS_MAX,
  LEAVE_MS_MAX,
} from "../../../../shared/leave-limits.ts";
import { silentLogger } from "../../../../shared/log.ts";
import { sleep } from "../../../../shared/ports/clock.ts";
import { FakeExecutor } from "../../../support/fake-worker.ts";
import { createContainerSpec, createTaskSpec } from "../../../support/objects.ts";
import { SessionWorld } from "../../../support/session-world.ts";

test("a host that cannot take its network down has left all the same, and its database is free for the next swarm", async () => {
  await using world = await SessionWorld.create();
  const { host } = world;
  host.network.teardown = () => Promise.reject(new Error("nft: too many open files"));
  const left = assert.rejects(host.agent?.leave() ?? Promise.resolve(), /nft/);
  await world.clock.run(5_000);
  await left;
  assert.equal(host.database.isOpen, false);
  assert.equal(host.database.nodeId, null);
});

test("a host that the leader refuses for hours is a warning at each doubling, on both ends", async () => {
  const told: string[] = [];
  const log = { ...silentLogger, warn: (line: string) => void told.push(line), child: () => log };
  await using world = await SessionWorld.create(1, 2, log);
  const [host, other] = world.hosts;
  assert.ok(host !== undefined && other !== undefined);
  await host.kill();
  Object.defineProperty(host, "address", { value: other.address });
  await host.start();
  await world.clock.run(3_600_000);
  for (const line of ["node refused", "session over"]) {
    const times = told.filter((one) => one === line).length;
    assert.ok(times >= 2 && times <= 14, `${times} times ${line}`);
  }
});

test("one stored task that cannot be understood is named and stops nothing: it is as the leader says, and so are the others", async () => {
  const warned: object[] = [];
  const log = {
    ...silentLogger,
    warn: (line: string, fields: object = {}) => void warned.push({ line, ...fields }),
    child: () => log,
  };
  await using world = await SessionWorld.create(1, 1, log);
  const { host, clock } = world;
  const [kept, dropped, other] = [await world.assign("t1"), await world.assign("t2"), await world.assign("t3")];
  for (const taskId of [kept, dropped, other]) await world.untilState(taskId, "RUNNING");
  await host.kill();
  await world.store.update("reap", (tx) => tx.remove("task", dropped));
  for (const taskId of [kept, dropped]) host.database.damaged.add(`task/${taskId}`);
  warned.length = 0;
  host.executor.calls.length = 0;
  await host.start();
  await clock.until("the orphan is swept", () => !host.executor.containers.has(dropped));
  await clock.run(5_000);
  assert.deepEqual(host.executor.running().toSorted(), [kept, other].toSorted());
  assert.deepEqual(
    host.executor.calls.filter((call) => !/^(inspect|wait) /.test(call)),
    ["remove t2"],
  );
  assert.equal(world.task(kept)?.status.state, "RUNNING");
  assert.deepEqual([...host.database.tasks.keys()].toSorted(), [kept, other].toSorted());
  assert.deepEqual(warned.map((fields) => (fields as { record?: string }).record).filter(Boolean), [
    `task/${kept}`,
    `task/${dropped}`,
  ]);
});

test("a host takes nothing from managers of an earlier era, whatever they want, also after a restart", async () => {
  await using world = await SessionWorld.create();
  const { host, clock, store } = world;
  const beInEra = (era: number): Promise<void> =>
    store.update("era", (tx) => tx.update("cluster", { ...tx.cluster(), era }));
  const taskId = await world.assign("t1");
  await world.untilState(taskId, "RUNNING");
  await beInEra(1);
  await clock.until("the host knows", () => host.database.era === 1);
  await host.kill();
  // What managers that were lost would say.
  await beInEra(0);
  await store.update("of earlier", (tx) => tx.remove("task", taskId));
  await host.start();
  await clock.run(20_000);
  assert.deepEqual(host.executor.running(), [taskId]);
  await beInEra(1);
  await clock.until("the swarm is heard again", () => host.executor.running().length === 0);
});

/** A host with one task of this grace period, running. */
async function runningWorld(stopGracePeriodMs: number) {
  const world = await SessionWorld.create();
  const spec = createTaskSpec({ container: createContainerSpec({ stopGracePeriodMs }) });
  const taskId = await world.assign("t1", world.host, { spec });
  await world.untilState(taskId, "RUNNING");
  const { agent, executor } = world.host;
  assert.ok(agent);
  return { world, taskId, agent, executor };
}

/** Runs time until the promise has settled. @returns its value, and the milliseconds it took. */
async function settle<T>({ clock }: SessionWorld, promise: Promise<T>, msMax: number) {
  let value: T | undefined;
  const beganMs = clock.now();
  void promise.then((got) => {
    value = got;
  });
  await clock.until("settled", () => value !== undefined, msMax);
  return { value, tookMs: clock.now() - beganMs };
}

for (const [what, end] of [
  ["cannot be killed", () => Promise.reject(new SwarmError("deadlineExceeded", "it has not ended"))],
  ["hangs whoever asks for its end", () => new Promise<never>(() => {})],
] as const) {
  test(`a host whose container ${what} leaves within its limit, names the container, and forgets the rest`, async () => {
    const { world, taskId, agent, executor } = await runningWorld(20_000);
    await using _world = world;
    const other = await world.assign("t2");
    await world.untilState(other, "RUNNING");
    const { stop, remove } = FakeExecutor.prototype;
    executor.stop = (task) => (task.id === taskId ? end() : stop.call(executor, task));
    executor.remove = (id) => (id === taskId ? end() : remove.call(executor, id));
    const { value, tookMs } = await settle(world, agent.leave(), LEAVE_MS_MAX);
    // It is over; what hangs in it would hold up whoever ends it once more.
    world.host.agent = null;
    assert.deepEqual(value, [`web.1.${taskId}`]);
    assert.ok(
      tookMs >= 20_000 + LEAVE_KILL_MS_MAX && tookMs <= 20_000 + LEAVE_KILL_MS_MAX + 2 * LEAVE_FORCE_MS_MAX + 5_000,
    );
    assert.deepEqual(
      [[...executor.containers.keys()], world.host.network.isTornDown, world.host.database.nodeId],
      [[taskId], true, null],
    );
    assert.equal(world.host.database.isOpen, false);
  });
}

test("a host that leaves gives a container its grace period, and cuts short one of days by a removal", async () => {
  for (const [graceMs, takesMs] of [
    [60_000, 40_000],
    [1_000_000_000, LEAVE_GRACE_MS_MAX + LEAVE_KILL_MS_MAX],
  ] as const) {
    const { world, agent, executor } = await runningWorld(graceMs);
    await using _world = world;
    executor.stopMs = Math.min(graceMs, 40_000);
    if (graceMs > LEAVE_GRACE_MS_MAX) {
      // As the real one: an aborted signal ends the wait.
      executor.stop = (_task, signal) => sleep(world.clock, graceMs, "test: grace", signal);
    }
    const { value, tookMs } = await settle(world, agent.leave(), LEAVE_MS_MAX);
    assert.deepEqual([value, executor.containers.size], [[], 0]);
    assert.ok(tookMs >= takesMs && tookMs < takesMs + 6_000, `${tookMs} ms for a grace of ${graceMs} ms`);
  }
});
