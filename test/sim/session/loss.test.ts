/**
 * Hosts that are cut off and come back, with the real leader, worker and restart supervisor: where a service says after
 * what time its hosts stop its tasks and after what later time it replaces them, no slot ever runs twice.
 * Replay one: SIM_SEED=7 node --test test/sim/session/loss.test.ts
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { LOSS_MARGIN_MS } from "../../../manager/api/validate-loss.ts";
import { startLeaderLoops } from "../../../manager/leader-loops.ts";
import { NO_USAGE } from "../../../manager/tasks/task-use.ts";
import type { TaskId } from "../../../shared/ids.ts";
import { silentLogger } from "../../../shared/log.ts";
import { pick, type Random } from "../../../shared/ports/random.ts";
import { seededRandom } from "../../../shared/ports/seeded-random.ts";
import type { LossPolicy } from "../../../shared/rpc/gen/objects.ts";
import { Scope } from "../../../shared/scope.ts";
import { createContainerSpec, createService, createTaskSpec } from "../../support/objects.ts";
import { SessionWorld, type SimHost } from "../../support/session-world.ts";

const SEEDS =
  process.env["SIM_SEED"] === undefined
    ? Array.from({ length: 4 }, (_, at) => at + 1)
    : [Number(process.env["SIM_SEED"])];
const REPLICAS = 3;
const GRACE_MS = 4_000;
const STOP_AFTER_MS = 10_000;
const LOST_AFTER_MS = STOP_AFTER_MS + GRACE_MS + LOSS_MARGIN_MS;
const LOOK_EVERY_MS = 250;

/** A cluster of three hosts whose leader does all that leaders do, and one service. */
async function begin(seed: number, loss: LossPolicy, stopMs: number): Promise<{ world: SessionWorld; scope: Scope }> {
  const world = await SessionWorld.create(seed, 3);
  const scope = new Scope(silentLogger);
  startLeaderLoops(scope, {
    store: world.store,
    raft: world.store.raft,
    clock: world.clock,
    random: world.random.fork("loops"),
    usage: NO_USAGE,
    log: silentLogger,
  });
  for (const host of world.hosts) host.executor.stopMs = stopMs;
  const container = createContainerSpec({ stopGracePeriodMs: GRACE_MS });
  const task = createTaskSpec({ container, loss });
  await world.store.update("create", (tx) => tx.create("service", createService("one", { replicas: REPLICAS, task })));
  await world.clock.until("all run", () => slotsRunning(world).size === REPLICAS, 30_000);
  return { world, scope };
}

/** What really runs on hosts, by slot of the service. */
function slotsRunning(world: SessionWorld): ReadonlyMap<number, readonly string[]> {
  const slots = new Map<number, string[]>();
  for (const { executor, nodeId } of world.hosts) {
    for (const taskId of executor.running()) {
      const task = world.task(taskId);
      if (task?.serviceAnnotations.name !== "one") continue;
      slots.set(task.slot, [...(slots.get(task.slot) ?? []), `${taskId} on ${nodeId}`]);
    }
  }
  return slots;
}

/** Lets time pass and looks again and again. @returns the most that ran of any slot. */
async function pass(world: SessionWorld, ms: number): Promise<number> {
  let most = 0;
  for (let passed = 0; passed < ms; passed += LOOK_EVERY_MS) {
    await world.clock.run(LOOK_EVERY_MS);
    for (const tasks of slotsRunning(world).values()) most = Math.max(most, tasks.length);
  }
  return most;
}

function cutOff(world: SessionWorld, host: SimHost, random: Random): void {
  world.transport.cut(host.nodeId);
  if (random.below(2) === 0) world.poweredOff.add(host.address);
}

async function wander(world: SessionWorld, random: Random): Promise<number> {
  let most = 0;
  for (let round = 0; round < 3; round++) {
    const host = pick(random, world.hosts);
    cutOff(world, host, random);
    most = Math.max(most, await pass(world, random.below(LOST_AFTER_MS * 2)));
    if (random.below(3) === 0) {
      await host.kill();
      most = Math.max(most, await pass(world, random.below(4_000)));
      await host.start();
    }
    if (random.below(3) === 0) await world.lead(random.below(3));
    most = Math.max(most, await pass(world, random.below(LOST_AFTER_MS)));
    world.transport.heal();
    world.poweredOff.clear();
    most = Math.max(most, await pass(world, random.below(20_000)));
  }
  return most;
}

for (const seed of SEEDS) {
  const onReturn = seed % 2 === 0 ? "KEEP_ORIGINAL" : "KEEP_NEW";
  test(`cut off and back, killed, under other leaders: no slot runs twice (${onReturn}, seed ${seed})`, async () => {
    const random = seededRandom(seed, "loss");
    const loss: LossPolicy = { lostAfterMs: LOST_AFTER_MS, stopAfterMs: STOP_AFTER_MS, onReturn };
    const { world, scope } = await begin(seed, loss, random.below(GRACE_MS));
    try {
      assert.ok((await wander(world, random)) <= 1, `two tasks of a slot ran at once: SIM_SEED=${seed}`);
      const isWhole = (): boolean =>
        slotsRunning(world).size === REPLICAS && [...slotsRunning(world).values()].every(({ length }) => length === 1);
      await world.clock.until("all slots run again", isWhole, 120_000);
    } finally {
      await scope.end();
      await world[Symbol.asyncDispose]();
    }
  });
}

test("the alarm rings: without a time after which hosts stop tasks, a slot runs twice", async () => {
  const loss: LossPolicy = { lostAfterMs: LOST_AFTER_MS, stopAfterMs: 0, onReturn: "KEEP_NEW" };
  const { world, scope } = await begin(1, loss, 0);
  cutOff(world, hostWithTask(world), seededRandom(1, "alarm"));
  assert.equal(await pass(world, LOST_AFTER_MS * 2), 2);
  await scope.end();
  await world[Symbol.asyncDispose]();
});

for (const [onReturn, stays] of [
  ["KEEP_ORIGINAL", "the original"],
  ["KEEP_NEW", "the new one"],
] as const) {
  test(`a host is back after its task was replaced: with ${onReturn} ${stays} stays`, async () => {
    const { world, scope } = await begin(1, { lostAfterMs: 0, stopAfterMs: 0, onReturn }, 0);
    const host = hostWithTask(world);
    const original = ownTasks(world, host)[0];
    await world.untilState(original as TaskId, "RUNNING");
    world.transport.cut(host.nodeId);
    world.poweredOff.add(host.address);
    await world.clock.until("the slot runs twice", () => [...slotsRunning(world).values()].some(isPair), 60_000);
    world.transport.heal();
    world.poweredOff.clear();
    await world.clock.until("it runs once", () => ![...slotsRunning(world).values()].some(isPair), 60_000);
    assert.equal(host.executor.running().includes(original as TaskId), onReturn === "KEEP_ORIGINAL");
    await pass(world, 20_000);
    assert.equal(slotsRunning(world).size, REPLICAS);
    await scope.end();
    await world[Symbol.asyncDispose]();
  });
}

const isPair = ({ length }: readonly string[]): boolean => length === 2;

/** This service's tasks that run there. */
function ownTasks(world: SessionWorld, { executor }: SimHost): readonly TaskId[] {
  return executor.running().filter((id) => world.task(id)?.serviceAnnotations.name === "one");
}

function hostWithTask(world: SessionWorld): SimHost {
  const host = world.hosts.find((each) => ownTasks(world, each).length > 0);
  assert.ok(host !== undefined, "no host runs anything");
  return host;
}
