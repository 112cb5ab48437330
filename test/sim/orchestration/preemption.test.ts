/** Tasks that stop for more important ones, with the orchestrators that bring them back. */
import { strict as assert } from "node:assert";
import { test } from "node:test";
import type { NodeId, TaskId } from "../../../shared/ids.ts";
import { priorityOf } from "../../../shared/objects/priority.ts";
import type { ServiceSpec, Task } from "../../../shared/objects/types.ts";
import { seededRandom } from "../../../shared/ports/seeded-random.ts";
import { ANYWHERE } from "../../../shared/service-spec/defaults.ts";
import { createResources, createTaskSpec, type ServiceSpecParts, scaled } from "../../support/objects.ts";
import { World } from "./world.ts";

const SEEDS = Number(process.env["SEEDS"] ?? 5);
const FIRST_SEED = Number(process.env["SEED"] ?? 1);

async function worldOf(seed: number, nodes: number, memoryBytes: number): Promise<World> {
  const world = new World(seed);
  await world.bootstrap(0);
  await world.change((tx) => {
    const cluster = tx.cluster();
    tx.update("cluster", { ...cluster, spec: { ...cluster.spec, preemption: true } });
  });
  for (let at = 1; at <= nodes; at++) await world.addNode(`n${at}`, { resources: createResources({ memoryBytes }) });
  return world;
}

const parts = (replicas: number, memoryBytes: number, priority: number): ServiceSpecParts => ({
  replicas,
  task: createTaskSpec({
    reservations: createResources({ memoryBytes }),
    placement: { ...ANYWHERE, priority },
  }),
});

/** Preemptions, as they are written: each victim with for whom. */
function watch(world: World): (readonly [victim: Task, by: Task])[] {
  const seen: (readonly [Task, Task])[] = [];
  world.store.subscribe(({ changes }) => {
    for (const { kind, object, old } of changes) {
      if (kind !== "task" || object.preemption === null || old === null || old.preemption !== null) continue;
      const by = world.store.view().get("task", object.preemption.taskId as TaskId);
      assert(by !== undefined);
      seen.push([object, by]);
    }
  });
  return seen;
}

test("an important service gets its room at once, others wait, and come back when there is room again", async () => {
  await using world = await worldOf(3, 2, 4);
  const seen = watch(world);
  await world.createService("batch", parts(8, 1, 10));
  await world.clock.run(60_000);
  assert.equal(world.running("batch"), 8);
  await world.createService("web", parts(2, 2, 80));
  await world.clock.run(60_000);
  world.check();
  assert.deepEqual([world.running("web"), world.running("batch"), seen.length], [2, 4, 4]);
  const waiting = world.store.view().tasksOfService(world.service("batch").id);
  assert(waiting.some(({ status }) => status.state === "PENDING" && status.err.startsWith("no suitable node")));
  const { commits } = world;
  await world.clock.run(60_000);
  assert.equal(world.commits, commits, "nobody goes on pushing");
  await world.changeLeader();
  await world.updateService("web", (spec) => scaled(spec, 0));
  await world.clock.run(60_000);
  world.check();
  assert.deepEqual([world.running("batch"), seen.length], [8, 4]);
});

test("whatever is wanted, preemption ends, and only what matters less has to go", async () => {
  for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) {
    await using world = await worldOf(seed, 4, 6);
    const seen = watch(world);
    const random = seededRandom(seed);
    const names = ["a", "b", "c", "d", "e"];
    for (const name of names) {
      await world.createService(name, parts(random.below(6), 1 + random.below(4), 10 * random.below(11)));
    }
    for (let round = 0; round < 12; round++) {
      const name = names[random.below(names.length)] ?? "a";
      await world.updateService(name, (spec: ServiceSpec) => scaled(spec, random.below(8)));
      if (random.below(4) === 0) await world.changeLeader();
      const node = `n${1 + random.below(4)}`;
      if (random.below(4) === 0) await world.powerOff(node);
      await world.clock.run(random.below(20_000));
      await world.powerOn(node);
    }
    await world.clock.run(10 * 60_000);
    world.check();
    for (const [victim, by] of seen) {
      assert(priorityOf(victim.spec.placement) < priorityOf(by.spec.placement), `seed ${seed}: only of lower priority`);
    }
    const { commits } = world;
    await world.clock.run(60_000);
    assert.equal(world.commits, commits, `seed ${seed}: it comes to rest`);
    checkNobodyIsWronged(world, seed);
  }
});

/** At rest, no task waits that could have a node by making less important ones stop. */
function checkNobodyIsWronged(world: World, seed: number): void {
  const view = world.store.view();
  const waiting = view.all("task").filter(({ status }) => status.state === "PENDING");
  for (const task of waiting) {
    for (const { id } of view.all("node")) {
      const staying = view
        .tasksOfNode(id as NodeId)
        .filter(({ status, spec }) => {
          const stays = priorityOf(spec.placement) >= priorityOf(task.spec.placement);
          return stays && status.state === "RUNNING";
        })
        .reduce((sum, { spec }) => sum + (spec.reservations?.memoryBytes ?? 0), 0);
      assert(staying + (task.spec.reservations?.memoryBytes ?? 0) > 6, `seed ${seed}: ${task.id} has room on ${id}`);
    }
  }
}
