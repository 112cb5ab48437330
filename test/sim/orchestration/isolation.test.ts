/**
 * One object over which the leader's loops fail: the others converge as ever, the leader stays, the object recovers.
 */
import { strict as assert } from "node:assert";
import { test } from "node:test";
import type { Task } from "../../../shared/objects/types.ts";
import { createContainerSpec, createPort, createServiceSpec, createTaskSpec, testId } from "../../support/objects.ts";
import type { IsIll } from "../../support/poisoned-store.ts";
import { World } from "./world.ts";

const SERVICE = testId<Task["serviceId"]>("ill");

const cases: readonly { readonly what: string; readonly isIll: IsIll; readonly shown: RegExp }[] = [
  { what: "a service", isIll: (kind, { id }) => kind === "service" && id === SERVICE, shown: /^internal error: / },
  {
    what: "the tasks of a service",
    isIll: (kind, object) => kind === "task" && (object as Task).serviceId === SERVICE,
    shown: /^$/,
  },
  { what: "a node", isIll: (kind, { id }) => kind === "node" && id === testId("n3"), shown: /^$/ },
];

for (const { what, isIll, shown } of cases) {
  test(`with ${what} poisoned, other services start, recover, grow and are updated; cured, it catches up`, async () => {
    await using world = new World(1);
    world.isIll = isIll;
    await world.bootstrap(3);
    await world.createService("ill", { replicas: 3, ports: [createPort({ publishedPort: 81 })] });
    await world.createService("web", { replicas: 2, ports: [createPort({ publishedPort: 80 })] });
    await world.clock.until("web runs", () => world.running("web") === 2);
    const [first] = world.store.view().tasksOfService(world.service("web").id);
    await world.change((tx) => {
      const task = tx.get("task", first?.id ?? "");
      const appliedAtMs = world.clock.wallNow();
      if (task !== undefined) tx.update("task", { ...task, status: { ...task.status, state: "FAILED", appliedAtMs } });
    });
    await world.clock.until(
      "web runs again",
      () => world.running("web") === 2 && world.store.view().get("task", first?.id ?? "")?.status.state === "FAILED",
    );
    const ports = [createPort({ publishedPort: 80 })];
    const task = createTaskSpec({ container: createContainerSpec({ image: "nginx:2" }) });
    await world.updateService("web", () => createServiceSpec({ name: "web", replicas: 4, ports, task }));
    const isNew = (): boolean =>
      world.running("web") === 4 &&
      world.store
        .view()
        .tasksOfService(world.service("web").id)
        .filter(({ desiredState }) => desiredState === "RUNNING")
        .every(({ spec }) => spec.container.image === "nginx:2");
    await world.clock.until("web is updated", isNew);
    world.check();
    const { troubles } = world.service("ill");
    assert.match(troubles[0]?.sentence ?? "", shown);
    assert.equal(new Set(troubles.map(({ loop }) => loop)).size, troubles.length, "each loop says one thing");
    assert.deepEqual(world.service("web").troubles, []);

    world.isIll = () => false;
    await world.clock.until("ill runs", () => world.running("ill") === 3);
    await world.clock.until("nothing is shown any more", () => world.service("ill").troubles.length === 0);
    await world.changeNode("n1", (node) => ({ ...node, spec: { ...node.spec, availability: "DRAIN" } }));
    await world.clock.until("all is elsewhere", () =>
      world.store
        .view()
        .tasksOfNode(testId("n1"))
        .every(({ desiredState }) => desiredState === "SHUTDOWN"),
    );
    await world.clock.until("all run", () => world.running("web") === 4 && world.running("ill") === 3);
    world.check();
  });
}

test("what cannot be placed because of an internal error says so where people look", async () => {
  await using world = new World(1);
  world.isIll = (kind, object) =>
    kind === "task" && (object as Task).serviceId === SERVICE && (object as Task).status.state === "PENDING";
  await world.bootstrap(2);
  await world.createService("ill", { replicas: 1 });
  const err = (): string => world.store.view().tasksOfService(SERVICE)[0]?.status.err ?? "";
  await world.clock.until("the task says why it waits", () => err() !== "");
  assert.match(err(), /internal error: the spec of this task is poisoned/);
  world.isIll = () => false;
  await world.clock.until("it runs", () => world.running("ill") === 1);
});
