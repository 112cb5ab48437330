/** What updates and emptied nodes take away on purpose stays within --max-unavailable, whatever else fails. */
import { strict as assert } from "node:assert";
import { test } from "node:test";
import { isRunnable } from "../../../shared/objects/task-state.ts";
import type { Task } from "../../../shared/objects/types.ts";
import { seededRandom } from "../../../shared/ports/seeded-random.ts";
import { ROLLOUT_DEFAULTS } from "../../../shared/service-spec/defaults.ts";
import { createContainerSpec } from "../../support/objects.ts";
import { World } from "./world.ts";

/** SEED replays one; SEEDS tries so many from 1 on. */
const seeds =
  process.env["SEED"] !== undefined
    ? [Number(process.env["SEED"])]
    : Array.from({ length: Number(process.env["SEEDS"] ?? 5) }, (_, at) => at + 1);
const REPLICAS = 6;
const MOST = 2;

/**
 * Serving tasks that were told to stop while too few others serve. What ended by itself in the same commit may have
 * been there when that was decided.
 */
function watch(world: World): string[] {
  const breaches: string[] = [];
  world.store.subscribe(({ changes }) => {
    const view = world.store.view();
    const serves = (task: Task): boolean =>
      isRunnable(task) &&
      task.status.state === "RUNNING" &&
      task.nodeId !== "" &&
      view.get("node", task.nodeId)?.status.state === "READY";
    const tasks = changes.flatMap((change) =>
      change.kind === "task" && change.old !== null ? [{ before: change.old, after: change.object }] : [],
    );
    const ended = tasks.filter(({ before, after }) => serves(before) && isRunnable(after)).map(({ after }) => after);
    for (const { before, after } of tasks) {
      if (!serves(before) || isRunnable(after)) continue;
      const served = new Set(
        [...view.tasksOfService(after.serviceId).filter(serves), ...ended].map(({ slot }) => slot),
      );
      if (!served.has(after.slot) && served.size < REPLICAS - MOST) breaches.push(`${after.id}: ${served.size} serve`);
    }
  });
  return breaches;
}

for (const seed of seeds) {
  test(`updates, crashes, lost and emptied nodes: at most ${MOST} tasks are taken away (seed ${seed})`, async () => {
    await using world = new World(seed);
    await world.bootstrap(4);
    const breaches = watch(world);
    const update = {
      ...ROLLOUT_DEFAULTS,
      parallelism: 0,
      monitorMs: 1_000,
      failureAction: "CONTINUE",
    } as const;
    await world.createService("web", { replicas: REPLICAS, maxUnavailable: String(MOST), update });
    await world.clock.run(60_000);
    assert.equal(world.running("web"), REPLICAS);
    const random = seededRandom(seed);
    for (let round = 0; round < 10; round++) {
      const node = `n${1 + random.below(4)}`;
      const image = `web:${round}`;
      await world.updateService("web", (spec) => ({
        ...spec,
        task: { ...spec.task, container: createContainerSpec({ image }) },
      }));
      world.fleet.trouble = { rejected: 0, crashes: random.below(3) === 0 ? 100 : 0 };
      if (random.below(3) === 0) await world.powerOff(node);
      else if (random.below(2) === 0) await world.empty(node, 3_600_000);
      if (random.below(4) === 0) await world.changeLeader();
      await world.clock.run(random.below(30_000));
      await world.powerOn(node);
      await world.setAvailability(node, "ACTIVE");
    }
    world.fleet.trouble = { rejected: 0, crashes: 0 };
    await world.clock.run(20 * 60_000);
    world.check();
    assert.deepEqual(breaches, []);
    assert.equal(world.running("web"), REPLICAS);
    assert.equal(world.service("web").updateStatus?.state, "COMPLETED");
  });
}
