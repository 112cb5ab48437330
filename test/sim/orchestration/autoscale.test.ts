import { strict as assert } from "node:assert";
import { test } from "node:test";
import { replicasOf } from "../../../manager/tasks/replicas.ts";
import type { Service } from "../../../shared/objects/types.ts";
import { createContainerSpec, createResources, createTaskSpec } from "../../support/objects.ts";
import { World } from "./world.ts";

const SEEDS =
  process.env["SEED"] !== undefined
    ? [Number(process.env["SEED"])]
    : Array.from({ length: Number(process.env["SEEDS"] ?? 6) }, (_, at) => at + 1);

const PARTS = {
  replicas: 2,
  autoscale: "min=2,max=10,cpu=50%,up=15s,down=2m",
  task: createTaskSpec({ reservations: createResources({ nanoCpus: 1e8 }) }),
};

const count = (world: World): number => replicasOf(world.service("web"));

for (const seed of SEEDS) {
  test(`a service follows its load, up soon and down late (seed=${seed})`, async () => {
    await using world = new World(seed);
    await world.bootstrap(3);
    await world.createService("web", PARTS);
    await world.clock.run(30_000);
    assert.equal(count(world), 2);
    // Four tenths of a CPU in all: eight tasks at half of what they reserve.
    world.load.set("web", 4e8);
    await world.clock.run(90_000);
    assert.equal(count(world), 8);
    assert.equal(world.running("web"), 8);
    assert.match(world.service("web").autoscaleStatus?.reason ?? "", /^cpu at \d+% instead of 50%, for 15 s$/);
    world.load.set("web", 1e7);
    await world.clock.run(100_000);
    assert.equal(count(world), 8, "the window is not over");
    await world.clock.run(60_000);
    assert.equal(count(world), 2);
    world.check();
  });

  test(`an update and a new leader leave the number as it is (seed=${seed})`, async () => {
    await using world = new World(seed);
    await world.bootstrap(3);
    await world.createService("web", PARTS);
    world.load.set("web", 3e8);
    await world.clock.run(120_000);
    assert.equal(count(world), 6);
    await world.updateService("web", (spec) => ({
      ...spec,
      task: { ...spec.task, container: createContainerSpec({ image: "nginx:2" }) },
    }));
    const seen = new Set<number>();
    world.store.subscribe(() => seen.add(count(world)));
    await world.clock.run(60_000);
    await world.changeLeader();
    await world.clock.run(110_000);
    assert.deepEqual([...seen], [6]);
    assert.equal(world.running("web"), 6);
    world.check();
  });

  test(`hosts that measure nothing cost no task, nor does a new leader's short memory (seed=${seed})`, async () => {
    await using world = new World(seed);
    await world.bootstrap(3);
    await world.createService("web", PARTS);
    world.load.set("web", 4e8);
    await world.clock.run(120_000);
    assert.equal(count(world), 8);
    world.load.set("web", 0);
    world.mute = true;
    await world.clock.run(600_000);
    assert.equal(count(world), 8, "nothing is known");
    world.mute = false;
    for (let round = 0; round < 6; round++) {
      await world.clock.run(100_000);
      assert.equal(count(world), 8, "no leader has seen a whole window");
      await world.changeLeader();
    }
    await world.clock.run(150_000);
    assert.equal(count(world), 2);
    world.check();
  });

  test(`in chaos the number stays within its bounds, and afterwards fits the load (seed=${seed})`, async () => {
    await using world = new World(seed);
    await world.bootstrap(4);
    await world.createService("web", PARTS);
    const { random } = world;
    world.fleet.trouble = { rejected: random.below(50), crashes: random.below(100) };
    world.store.subscribe(({ changes }) => {
      for (const { kind, object } of changes) if (kind === "service") checkBounds(world, object);
    });
    for (let step = 0; step < 30; step++) {
      const node = `n${1 + random.below(4)}`;
      const acts = [
        () => world.load.set("web", random.below(6) * 1e8),
        () => world.powerOff(node),
        () => world.powerOn(node),
        () => world.changeLeader(),
        () => world.rebalance(),
        () => world.updateService("web", (same) => ({ ...same, task: { ...same.task, forceUpdate: step } })),
      ];
      await acts[random.below(acts.length)]?.();
      await world.clock.run(random.below(20_000));
      world.check();
    }
    world.fleet.trouble = { rejected: 0, crashes: 0 };
    for (let at = 1; at <= 4; at++) await world.powerOn(`n${at}`);
    await world.updateService("web", (same) => same);
    world.load.set("web", 3e8);
    await world.clock.run(20 * 60_000);
    world.check();
    assert.equal(count(world), 6);
    assert.equal(world.running("web"), 6);
  });
}

function checkBounds(world: World, service: Service): void {
  const replicas = replicasOf(service);
  if (replicas < 2 || replicas > 10) world.breach ??= new Error(`${replicas} tasks are out of bounds`);
}

test("a host that tells tales is believed up to what it has, and not at all while nobody knows what that is", async () => {
  await using world = new World(1);
  await world.bootstrap(3);
  const reservations = createResources({ nanoCpus: 1e9 });
  await world.createService("web", { ...PARTS, autoscale: "max=9,cpu=1000%", task: createTaskSpec({ reservations }) });
  world.load.set("web", Number.MAX_SAFE_INTEGER);
  await world.clock.run(120_000);
  assert.equal(count(world), 2);
  world.load.set("web", 0);
  await world.store.update("strip", (tx) => {
    for (const node of tx.all("node")) tx.update("node", { ...node, description: null });
  });
  await world.clock.run(20 * 60_000);
  assert.equal(count(world), 2, "nothing is known");
});
