/** Order among services: nobody starts, or is updated, before what it depends on is there. */
import { strict as assert } from "node:assert";
import { test } from "node:test";
import type { NodeId } from "../../../shared/ids.ts";
import { isBefore } from "../../../shared/objects/task-state.ts";
import type { Task } from "../../../shared/objects/types.ts";
import { createContainerSpec, testId } from "../../support/objects.ts";
import { World } from "./world.ts";

async function threeServices(): Promise<World> {
  const world = new World(7);
  await world.bootstrap(2);
  await world.createService("web", { replicas: 2, dependsOn: [{ service: "api", condition: "HEALTHY" }] });
  await world.createService("api", { dependsOn: [{ service: "migrate", condition: "COMPLETED" }] });
  return world;
}

const tasksOf = (world: World, name: string): readonly Task[] =>
  world.store.view().tasksOfService(world.service(name).id);

test("a chain of services starts in order, each at once when what it waits for is there", async () => {
  await using world = await threeServices();
  const order: string[] = [];
  world.store.subscribe(({ changes }) => {
    for (const { kind, object } of changes) {
      if (kind !== "task" || isBefore(object.status.state, "RUNNING")) continue;
      const word = `${object.serviceAnnotations.name} ${object.status.state.toLowerCase()}`;
      if (!order.includes(word)) order.push(word);
    }
  });
  await world.clock.run(60_000);
  const [held, api] = [tasksOf(world, "web"), tasksOf(world, "api")];
  assert.deepEqual(
    held.map(({ status }) => [status.state, status.err]),
    Array(2).fill(["PENDING", "waiting for api to be healthy"]),
  );
  assert.equal(api[0]?.status.err, "waiting for migrate, a service that does not exist (any more)");
  const { commits } = world;
  await world.clock.run(60_000);
  assert.equal(world.commits, commits, "nothing is written while they wait");
  await world.createService("migrate", { job: { total: 1, max: 1 } });
  await world.clock.run(60_000);
  world.check();
  assert.deepEqual(order, ["migrate running", "migrate complete", "api running", "web running"]);
  assert.deepEqual(
    tasksOf(world, "web").map(({ status }) => status.err),
    ["", ""],
  );
});

test("an update waits for its dependencies while the old tasks serve, and says so", async () => {
  await using world = await threeServices();
  await world.createService("migrate", { job: { total: 1, max: 1 } });
  await world.clock.run(60_000);
  assert.equal(world.running("web"), 2);
  // The job begins a new run, and its only task never gets ready.
  world.fleet.trouble = { rejected: 1000, crashes: 0 };
  const task = (image: string) => ({ container: createContainerSpec({ image }) });
  await world.updateService("migrate", (spec) => ({ ...spec, task: { ...spec.task, ...task("migrate:2") } }));
  await world.updateService("api", (spec) => ({ ...spec, task: { ...spec.task, ...task("api:2") } }));
  await world.updateService("web", (spec) => ({ ...spec, task: { ...spec.task, ...task("web:2") } }));
  await world.clock.run(60_000);
  world.check();
  assert.deepEqual([world.running("api"), world.running("web")], [1, 2], "the old ones serve");
  assert.equal(world.service("api").updateStatus?.message, "waiting for migrate to complete");
  assert.equal(world.service("web").updateStatus?.message, "waiting for api to be healthy");
  await world.changeLeader();
  world.fleet.trouble = { rejected: 0, crashes: 0 };
  await world.clock.run(10 * 60_000);
  world.check();
  const images = [...tasksOf(world, "api"), ...tasksOf(world, "web")].filter(
    ({ status, desiredState }) => status.state === "RUNNING" && desiredState === "RUNNING",
  );
  assert.deepEqual(images.map(({ spec }) => spec.container.image).sort(), ["api:2", "web:2", "web:2"]);
  assert.equal(world.service("web").updateStatus?.state, "COMPLETED");
});

test("what replaces a lost or ended task waits for nobody", async () => {
  await using world = new World(3);
  await world.bootstrap(2);
  await world.createService("db", {});
  await world.createService("web", { dependsOn: [{ service: "db", condition: "HEALTHY" }] });
  await world.clock.run(60_000);
  assert.equal(world.running("web"), 1);
  await world.change((tx) => tx.remove("service", world.service("db").id));
  await world.clock.run(5_000);
  const [before] = tasksOf(world, "web");
  await world.powerOff(before?.nodeId === testId<NodeId>("n1") ? "n1" : "n2");
  await world.clock.run(60_000);
  world.check();
  assert.equal(world.running("web"), 1);
});
