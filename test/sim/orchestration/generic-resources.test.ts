import { strict as assert } from "node:assert";
import { test } from "node:test";
import { isFinal } from "../../../shared/objects/task-state.ts";
import { createContainerSpec, createResources, createTaskSpec, scaled } from "../../support/objects.ts";
import { World } from "./world.ts";

const GPUS = ["a", "b", "c"];
const NODES = ["n1", "n2"];
const CHANGES = 30;
/** The longest restart delay, a few times. */
const HEAL_MS = 10 * 60_000;

/** SEED replays one; SEEDS tries so many from 1 on. */
const seeds =
  process.env["SEED"] !== undefined
    ? [Number(process.env["SEED"])]
    : Array.from({ length: Number(process.env["SEEDS"] ?? 8) }, (_, at) => at + 1);

for (const seed of seeds) {
  // Who holds what is checked after every commit, by `checkSafety`.
  test(`no named resource is given twice while leaders come and go (seed=${seed})`, async () => {
    await using world = new World(seed);
    const random = world.random.fork("leaders");
    await world.bootstrap(0);
    const gpus = createResources({
      ...{ nanoCpus: 4e9, memoryBytes: 8 * 1024 ** 3 },
      generic: [{ kind: "gpu", value: GPUS.length, names: GPUS }],
    });
    for (const name of NODES) await world.addNode(name, { resources: gpus });
    const wanted = createTaskSpec({
      reservations: createResources({ generic: [{ kind: "gpu", value: 1, names: [] }] }),
    });
    // More than there is room for, so that whatever is given back is wanted at once.
    await world.createService("train", { replicas: 8, task: wanted });
    world.fleet.trouble = { rejected: 50, crashes: 500 };
    for (let at = 0; at < CHANGES; at++) {
      // At whatever point of giving and taking back.
      await world.clock.run(random.below(3_000));
      await world.changeLeader();
      if (random.below(4) === 0) {
        await world.updateService("train", (spec) => ({
          ...spec,
          task: { ...spec.task, container: createContainerSpec({ image: `nginx:${at}` }) },
        }));
      }
      if (random.below(4) === 0) await world.updateService("train", (spec) => scaled(spec, 3 + random.below(6)));
      if (random.below(6) === 0) await world.powerOff("n2");
      else await world.powerOn("n2");
      world.check();
    }
    world.fleet.trouble = { rejected: 0, crashes: 0 };
    await world.powerOn("n2");
    await world.updateService("train", (spec) => scaled(spec, 8));
    await world.clock.run(HEAL_MS);
    world.check();
    const held = world.store
      .view()
      .tasksOfService(world.service("train").id)
      .filter(({ nodeId, status }) => nodeId !== "" && !isFinal(status.state))
      .flatMap(({ nodeId, genericResources }) =>
        genericResources.flatMap(({ names }) => names.map((name) => nodeId + name)),
      );
    assert.equal(held.length, NODES.length * GPUS.length, "all of them are in use");
    assert.equal(new Set(held).size, held.length);
  });
}
