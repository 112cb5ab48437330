import { strict as assert } from "node:assert";
import { test } from "node:test";
import { serviceProgress } from "../../../manager/tasks/service-progress.ts";
import type { Task } from "../../../shared/objects/types.ts";
import { createNetwork, createTaskSpec, testId } from "../../support/objects.ts";
import { World } from "./world.ts";

const joining = (ids: readonly string[]) =>
  createTaskSpec({ networks: ids.map((target) => ({ target, aliases: [], driverOptions: {} })) });
const [A, B] = [testId("a"), testId("b")];

const tasks = (world: World): readonly Task[] => world.store.view().tasksOfService(world.service("web").id);

/** Three replicas that run on a network `a`; `b` is there to be joined. */
async function worldOnA(): Promise<World> {
  const world = new World(1);
  await world.bootstrap(2);
  await world.change((tx) => {
    for (const id of ["a", "b"]) tx.create("network", createNetwork(id, { vni: 0, subnets: [] }));
  });
  await world.createService("web", { replicas: 3, task: joining([A]) });
  await world.clock.until("all run", () => world.running("web") === 3);
  return world;
}

const isConverged = (world: World): boolean => serviceProgress(world.store.view(), world.service("web").id).converged;
const networksOf = (task: Task): readonly string[] => task.networks.map(({ networkId }) => networkId);

test("tasks that run join and leave networks as they are, also when the leader changes in between", async () => {
  await using world = await worldOnA();
  const before = tasks(world).map(({ id, networks }) => [id, networks[0]?.address]);
  for (const ids of [[B, A], [A], [A, B]]) {
    await world.updateService("web", (spec) => ({ ...spec, task: joining(ids) }));
    assert.equal(isConverged(world), false, "nobody is told that it is so before it is");
    await world.changeLeader();
    await world.clock.until("all follow", () => isConverged(world));
    for (const task of tasks(world)) assert.deepEqual(networksOf(task), ids);
    const onA = tasks(world).map(({ id, networks }) => [
      id,
      networks.find(({ networkId }) => networkId === A)?.address,
    ]);
    assert.deepEqual(onA, before, "the same tasks with the same addresses");
    const addresses = tasks(world).flatMap(({ networks }) =>
      networks.map(({ networkId, address }) => networkId + address),
    );
    assert.equal(new Set(addresses).size, addresses.length);
    assert.deepEqual(
      world.service("web").endpoint?.virtualIps.map(({ networkId }) => networkId),
      ids,
    );
    assert.equal(world.service("web").updateStatus, null, "nothing is rolled out");
  }
  world.check();
});

test("tasks that are to share their host's network are replaced", async () => {
  await using world = await worldOnA();
  const before = new Set(tasks(world).map(({ id }) => id));
  const host = world.store.view().byName("network", "host")?.id ?? "";
  await world.updateService("web", (spec) => ({ ...spec, task: joining([host]) }));
  await world.clock.until("all are replaced", () => world.running("web") === 3 && isConverged(world));
  const live = tasks(world).filter(({ desiredState }) => desiredState === "RUNNING");
  assert.ok(live.every(({ id }) => !before.has(id)));
  assert.deepEqual(
    live.map(({ networks }) => networks.map(({ driver }) => driver)),
    [["host"], ["host"], ["host"]],
  );
  world.check();
});
