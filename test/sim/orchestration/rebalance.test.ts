import { strict as assert } from "node:assert";
import { test } from "node:test";
import type { NodeId, TaskId } from "../../../shared/ids.ts";
import { isRunnable } from "../../../shared/objects/task-state.ts";
import { createContainerSpec, createMount, createTaskSpec, testId } from "../../support/objects.ts";
import { checkConverged } from "./checks.ts";
import { World } from "./world.ts";

const SEEDS =
  process.env["SEED"] !== undefined
    ? [Number(process.env["SEED"])]
    : Array.from({ length: Number(process.env["SEEDS"] ?? 6) }, (_, at) => at + 1);
/** Longer than a move may take until it is called off, a few times. */
const HEAL_MS = 40 * 60_000;

function countsOn(world: World, service: string): readonly number[] {
  const tasks = world.store.view().tasksOfService(world.service(service).id).filter(isRunnable);
  return world.store
    .view()
    .all("node")
    .map(({ id }) => tasks.filter(({ nodeId }) => nodeId === id).length);
}

const statusOf = (world: World) => world.store.view().cluster().rebalance;

for (const seed of SEEDS) {
  test(`a node joins, tasks move to it, and none too few runs meanwhile (seed=${seed})`, async () => {
    await using world = new World(seed);
    await world.bootstrap(2);
    await world.createService("web", { replicas: 6 });
    const withData = createContainerSpec({ mounts: [createMount({ source: "data" })] });
    await world.createService("db", { replicas: 4, task: createTaskSpec({ container: withData }) });
    await world.clock.run(10_000);
    const dbTasks = tasksOf(world, "db");
    let fewest = 6;
    world.store.subscribe(() => {
      fewest = Math.min(fewest, world.running("web"));
    });
    await world.addNode("n3");
    await world.clock.run(10_000);
    assert.deepEqual(countsOn(world, "web"), [3, 3, 0], "nobody has asked for anything");
    await world.rebalance();
    await world.clock.run(5_000);
    await world.changeLeader();
    await world.clock.run(60_000);
    world.check();
    assert.deepEqual(countsOn(world, "web"), [2, 2, 2]);
    assert.equal(fewest, 6, "each successor runs before the old task stops");
    assert.deepEqual(tasksOf(world, "db"), dbTasks, "what has data stays");
    const first = statusOf(world);
    assert.deepEqual([first?.movesBegun, first?.calledOff], [2, []]);
    assert.notEqual(first?.endedAtMs, 0, "it is over");
    await world.rebalance();
    await world.clock.run(60_000);
    assert.equal(statusOf(world)?.movesBegun, 0, "a second one moves nothing");
    assert.notEqual(statusOf(world)?.endedAtMs, 0);
  });

  test(`a move whose successor cannot start is called off, and the task stays (seed=${seed})`, async () => {
    await using world = new World(seed);
    await world.bootstrap(1);
    await world.createService("web", { replicas: 4 });
    await world.clock.run(10_000);
    const before = tasksOf(world, "web");
    world.fleet.trouble = { rejected: 1_000, crashes: 0 };
    await world.addNode("n2");
    await world.rebalance();
    await world.clock.run(120_000);
    world.check();
    assert.deepEqual(tasksOf(world, "web"), before);
    const status = statusOf(world);
    assert.notEqual(status?.endedAtMs, 0, "it gives up");
    assert.match(status?.calledOff[0]?.reason ?? "", /^its successor on n2 ended \(rejected/);
    assert.equal(world.running("web"), 4);
  });

  test(`in the background tasks move by themselves, each once in the cooldown (seed=${seed})`, async () => {
    await using world = new World(seed);
    await world.bootstrap(2);
    await world.rebalanceInBackground(60_000);
    await world.createService("web", { replicas: 6 });
    await world.clock.run(70_000);
    const moves = new Map<number, number>();
    world.store.subscribe(({ changes }) => {
      for (const { kind, action, object, old } of changes) {
        if (kind !== "task" || action !== "update" || object.move === null || old?.move !== null) continue;
        moves.set(object.slot, (moves.get(object.slot) ?? 0) + 1);
      }
    });
    // One that comes and goes gets nothing while it does.
    for (let round = 0; round < 6; round++) {
      if (round === 0) await world.addNode("n3");
      else await world.powerOn("n3");
      await world.changeNode("n3", (node) => ({ ...node, status: { ...node.status, sinceMs: world.clock.wallNow() } }));
      await world.clock.run(30_000);
      assert.equal(moves.size, 0, "a node that is there for less than the cooldown gets no moves");
      await world.powerOff("n3");
      await world.clock.run(5_000);
    }
    await world.powerOn("n3");
    await world.clock.run(400_000);
    world.check();
    assert.deepEqual(countsOn(world, "web"), [2, 2, 2]);
    assert.deepEqual([...moves.values()], [1, 1]);
    const { commits } = world;
    await world.clock.run(400_000);
    assert.equal(world.commits, commits, "then nothing is written any more");
  });

  test(`after moves in chaos every service runs as wanted, and moving has come to an end (seed=${seed})`, async () => {
    await using world = new World(seed);
    await world.bootstrap(4);
    const { random } = world;
    await world.createService("web", { replicas: 8 });
    await world.createService("api", { replicas: 5 });
    world.fleet.trouble = { rejected: random.below(150), crashes: random.below(100) };
    for (let step = 0; step < 25; step++) {
      const node = `n${1 + random.below(4)}`;
      const acts = [
        () => world.rebalance(1 + random.below(10)),
        () => world.rebalance(),
        () => world.powerOff(node),
        () => world.powerOn(node),
        () => world.setAvailability(node, "PAUSE"),
        () => world.setAvailability(node, "ACTIVE"),
        () => world.empty(node, 5_000),
        () => world.changeLeader(),
        () =>
          world.updateService("web", (spec) => ({
            ...spec,
            task: { ...spec.task, container: createContainerSpec({ image: `nginx:${step}` }) },
          })),
      ];
      await acts[random.below(acts.length)]?.();
      await world.clock.run(random.below(8_000));
      world.check();
    }
    world.fleet.trouble = { rejected: 0, crashes: 0 };
    for (let at = 1; at <= 4; at++) {
      await world.powerOn(`n${at}`);
      await world.setAvailability(`n${at}`, "ACTIVE");
      world.fleet.wake(testId<NodeId>(`n${at}`));
    }
    for (const name of ["web", "api"]) await world.updateService(name, (same) => same);
    await world.clock.run(HEAL_MS);
    await world.rebalance();
    await world.clock.run(HEAL_MS);
    world.check();
    checkConverged(world.store.view(), () => true);
    assert.notEqual(statusOf(world)?.endedAtMs, 0, "the last one is over");
    for (const name of ["web", "api"]) {
      const counts = countsOn(world, name);
      assert.ok(Math.max(...counts) - Math.min(...counts) <= 1, `${name} is even: ${counts}`);
    }
  });
}

function tasksOf(world: World, service: string): readonly TaskId[] {
  const tasks = world.store.view().tasksOfService(world.service(service).id);
  return tasks.filter(isRunnable).map(({ id }) => id);
}
