/** Start-first updates end also where no node can have two tasks of a service, and serve as far as they can. */
import { strict as assert } from "node:assert";
import { test } from "node:test";
import { ROLLOUT_DEFAULTS } from "../../../shared/service-spec/defaults.ts";
import { createContainerSpec, createPort, createTaskSpec } from "../../support/objects.ts";
import { World } from "./world.ts";

const image = (name: string) => createTaskSpec({ container: createContainerSpec({ image: name }) });
const port = createPort({ publishMode: "HOST", publishedPort: 8080 });

for (const { replicas, nodes, most } of [
  { replicas: 3, nodes: 3, most: 1 },
  { replicas: 3, nodes: 4, most: 0 },
  { replicas: "global", nodes: 3, most: 1 },
] as const) {
  test(`${replicas} tasks with a port of their host on ${nodes} nodes, at most ${most} missing`, async () => {
    await using world = new World(31);
    await world.bootstrap(nodes);
    const update = { ...ROLLOUT_DEFAULTS, order: "START_FIRST" } as const;
    await world.createService("web", { replicas, update, task: image("web:1"), ports: [port] });
    await world.clock.run(60_000);
    let fewest = 3;
    await world.updateService("web", (spec) => ({ ...spec, task: image("web:2") }));
    world.store.subscribe(() => {
      fewest = Math.min(fewest, world.running("web"));
    });
    await world.clock.run(1_000);
    await world.changeLeader();
    await world.clock.run(5 * 60_000);
    world.check();
    const { updateStatus, id } = world.service("web");
    assert.equal(updateStatus?.state, "COMPLETED");
    assert.equal(updateStatus?.message.includes("stop-first"), most > 0, updateStatus?.message);
    assert.equal(fewest, 3 - most);
    const running = world.store
      .view()
      .tasksOfService(id)
      .filter(({ status }) => status.state === "RUNNING");
    assert.deepEqual(
      running.map(({ spec }) => spec.container.image),
      Array(3).fill("web:2"),
    );
  });
}
