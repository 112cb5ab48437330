/** A spec that is tried in some slots stays there until people promote it, whatever fails meanwhile. */
import { strict as assert } from "node:assert";
import { test } from "node:test";
import { abortCanary, promoteCanary } from "../../../manager/api/service-rollout.ts";
import type { NodeId } from "../../../shared/ids.ts";
import type { Service, Task } from "../../../shared/objects/types.ts";
import { pick } from "../../../shared/ports/random.ts";
import type { UpdateConfig } from "../../../shared/rpc/gen/objects.ts";
import { createContainerSpec, scaled } from "../../support/objects.ts";
import { World } from "./world.ts";

const UPDATE: UpdateConfig = {
  parallelism: 2,
  delayMs: 0,
  monitorMs: 2000,
  failureAction: "PAUSE",
  maxFailureRatio: 0,
  order: "STOP_FIRST",
  canary: "2",
};
/** Longer than a whole update with restart delays takes. */
const SETTLED_MS = 5 * 60_000;
const CHAOS_STEPS = 25;

const setImage = (world: World, image: string): Promise<void> =>
  world.updateService("web", (spec) => ({
    ...spec,
    task: { ...spec.task, container: createContainerSpec({ image }) },
  }));
const request = ({ id, meta }: Service) => ({ ref: id, version: meta.version, rollbackTo: 0 });
const contextOf = ({ store, clock, random }: World) => ({ store, raft: store.raft, clock, random });
const live = (world: World): readonly Task[] =>
  world.store
    .view()
    .tasksOfService(world.service("web").id)
    .filter(({ desiredState, status }) => desiredState === "RUNNING" && status.state === "RUNNING");
const images = (world: World): Readonly<Record<string, number>> =>
  live(world).reduce<Record<string, number>>((counts, { spec }) => {
    counts[spec.container.image] = (counts[spec.container.image] ?? 0) + 1;
    return counts;
  }, {});
const state = (world: World): string => world.service("web").updateStatus?.state ?? "";

async function withCanary(seed: number, replicas: number | "global", update: Partial<UpdateConfig> = {}) {
  const world = new World(seed);
  await world.bootstrap(5);
  await world.createService("web", { replicas, update: { ...UPDATE, ...update } });
  await setImage(world, "web:1");
  await world.clock.run(SETTLED_MS);
  if (state(world) === "CANARY") await promoteCanary(contextOf(world), request(world.service("web")));
  await world.clock.run(SETTLED_MS);
  await setImage(world, "web:2");
  return world;
}

test("a canary of two waits, with the other slots as they were; promoted, all follow", async () => {
  await using world = await withCanary(1, 6);
  await world.clock.run(SETTLED_MS);
  assert.deepEqual(images(world), { "web:1": 4, "web:2": 2 });
  assert.equal(world.service("web").updateStatus?.message, "canary: 2 of 6 run the new spec; promote or abort");
  await promoteCanary(contextOf(world), request(world.service("web")));
  await world.clock.run(SETTLED_MS);
  world.check();
  assert.deepEqual([images(world), state(world)], [{ "web:2": 6 }, "COMPLETED"]);
});

test("an aborted canary is as if it had not been, also after more slots and another spec were tried", async () => {
  await using world = await withCanary(2, 6);
  await world.clock.run(SETTLED_MS);
  await world.updateService("web", (spec) => scaled(spec, 9));
  await world.clock.run(SETTLED_MS);
  assert.deepEqual([images(world), state(world)], [{ "web:1": 7, "web:2": 2 }, "CANARY"]);
  await setImage(world, "web:3");
  await world.clock.run(SETTLED_MS);
  assert.deepEqual(images(world), { "web:1": 7, "web:3": 2 });
  await abortCanary(contextOf(world), request(world.service("web")));
  await world.clock.run(SETTLED_MS);
  world.check();
  assert.deepEqual([images(world), state(world)], [{ "web:1": 9 }, "ROLLBACK_COMPLETED"]);
});

test("a canary that fails goes back to what all slots ran, and not to the last spec that was tried", async () => {
  await using world = await withCanary(3, 6, { failureAction: "ROLLBACK" });
  await world.clock.run(SETTLED_MS);
  world.fleet.trouble = { rejected: 1000, crashes: 0 };
  await setImage(world, "web:3");
  await world.clock.run(3_000);
  world.fleet.trouble = { rejected: 0, crashes: 0 };
  await world.clock.run(SETTLED_MS);
  world.check();
  assert.deepEqual(images(world), { "web:1": 6 });
  assert.equal(world.service("web").canary, null);
});

test("a node that joins while a canary of a global service waits gets the spec before", async () => {
  await using world = await withCanary(4, "global");
  await world.clock.run(SETTLED_MS);
  assert.deepEqual(images(world), { "web:1": 3, "web:2": 2 });
  await world.addNode("n0");
  await world.addNode("n9");
  await world.clock.run(SETTLED_MS);
  assert.deepEqual([images(world), state(world)], [{ "web:1": 5, "web:2": 2 }, "CANARY"]);
});

for (const [seed, lost] of [
  [5, "a host with a task that tries the spec"],
  [6, "a host with a task that is held back"],
] as const) {
  test(`on-return keep-original: ${lost} is lost and back, and each slot goes on with its own task and spec`, async () => {
    await using world = await withCanary(seed, 6, { order: "START_FIRST" });
    await world.updateService("web", (spec) => ({
      ...spec,
      task: { ...spec.task, loss: { lostAfterMs: 0, stopAfterMs: 0, onReturn: "KEEP_ORIGINAL" } },
    }));
    await world.clock.run(SETTLED_MS);
    await promoteCanary(contextOf(world), request(world.service("web")));
    await world.clock.run(SETTLED_MS);
    await setImage(world, "web:3");
    await world.clock.run(SETTLED_MS);
    const wanted = { "web:2": 4, "web:3": 2 };
    assert.deepEqual([images(world), state(world)], [wanted, "CANARY"]);
    const before = live(world);
    const tried = seed === 5 ? "web:3" : "web:2";
    const nodeId = before.find(({ spec }) => spec.container.image === tried)?.nodeId ?? "";
    const name = world.store.view().get("node", nodeId as NodeId)?.description?.hostname ?? "";
    await world.powerOff(name);
    await world.changeLeader();
    await world.clock.run(SETTLED_MS);
    const standIns = live(world).filter(({ id }) => !before.some((task) => task.id === id));
    const lostTasks = before.filter((task) => task.nodeId === nodeId);
    const bySlot = (tasks: readonly Task[]) =>
      tasks.map(({ slot, spec }) => `${slot} ${spec.container.image}`).toSorted();
    assert.deepEqual(bySlot(standIns), bySlot(lostTasks), "what stands in runs the spec of its slot");
    await world.powerOn(name);
    await world.clock.run(SETTLED_MS);
    world.check();
    const ids = (tasks: readonly Task[]): readonly string[] => tasks.map(({ id }) => id).toSorted();
    assert.deepEqual(ids(live(world)), ids(before), "the originals stayed");
    assert.deepEqual([images(world), state(world)], [wanted, "CANARY"]);
    await promoteCanary(contextOf(world), request(world.service("web")));
    await world.clock.run(SETTLED_MS);
    world.check();
    assert.deepEqual(images(world), { "web:3": 6 });
  });
}

for (const seed of [11, 12, 13, 14, 15, 16]) {
  test(`crashes, lost hosts, scaling and new leaders do not spread a canary, nor end it (seed=${seed})`, async () => {
    const replicas = seed % 3 === 0 ? ("global" as const) : 8;
    const order = seed % 2 === 0 ? "STOP_FIRST" : "START_FIRST";
    await using world = await withCanary(seed, replicas, { order, failureAction: "CONTINUE" });
    const random = world.random.fork("chaos");
    world.fleet.trouble = { rejected: 20, crashes: 150 };
    for (let step = 0; step < CHAOS_STEPS; step++) {
      const node = `n${1 + random.below(5)}`;
      const kind = random.below(6);
      if (kind === 0) await world.powerOff(node);
      else if (kind === 1) await world.powerOn(node);
      else if (kind === 2) await world.changeLeader();
      else if (kind === 3) await world.setAvailability(node, pick(random, ["DRAIN", "ACTIVE"] as const));
      else if (kind === 4 && replicas !== "global")
        await world.updateService("web", (spec) => scaled(spec, 4 + random.below(6)));
      await world.clock.run(random.below(15_000));
      world.check();
    }
    world.fleet.trouble = { rejected: 0, crashes: 0 };
    for (let at = 1; at <= 5; at++) {
      await world.powerOn(`n${at}`);
      await world.setAvailability(`n${at}`, "ACTIVE");
    }
    await world.clock.run(SETTLED_MS);
    const has = images(world);
    assert.equal(state(world), "CANARY");
    assert.deepEqual(Object.keys(has).sort(), ["web:1", "web:2"]);
    assert((has["web:2"] ?? 0) <= 2, `${has["web:2"]} tasks of the spec that is tried`);
    await promoteCanary(contextOf(world), request(world.service("web")));
    await world.clock.run(SETTLED_MS);
    world.check();
    assert.deepEqual(Object.keys(images(world)), ["web:2"]);
  });
}
