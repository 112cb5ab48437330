import { strict as assert } from "node:assert";
import { test } from "node:test";
import type { NodeId } from "../../../shared/ids.ts";
import { isFinal } from "../../../shared/objects/task-state.ts";
import type { Task } from "../../../shared/objects/types.ts";
import type { RestartPolicy, TaskState } from "../../../shared/rpc/gen/objects.ts";
import { ANYWHERE } from "../../../shared/service-spec/defaults.ts";
import {
  createContainerSpec,
  createPort,
  createTask,
  createTaskSpec,
  type ServiceSpecParts,
  testId,
} from "../../support/objects.ts";
import { World } from "./world.ts";

async function worldWith(nodes: number, parts: ServiceSpecParts): Promise<World> {
  const world = new World(1);
  await world.bootstrap(nodes);
  await world.createService("web", parts);
  return world;
}

const onePerNode = { ...ANYWHERE, maxReplicas: 1 };
const tasks = (world: World): readonly Task[] => world.store.view().tasksOfService(world.service("web").id);
const runs = (world: World, count: number) => (): boolean => world.running("web") === count;
const policy = (part: Partial<RestartPolicy>): ServiceSpecParts => ({
  task: createTaskSpec({ restart: { condition: "ANY", maxAttempts: 0, windowMs: 0, ...part } }),
});

/** The task's process ends, as its worker reports it. */
async function end(world: World, task: Task | undefined, state: TaskState): Promise<void> {
  await world.change((tx) => {
    const now = tx.get("task", task?.id ?? "");
    const appliedAtMs = world.clock.wallNow();
    if (now !== undefined) tx.update("task", { ...now, status: { ...now.status, state, appliedAtMs } });
  });
}
const liveTask = (world: World): Task | undefined =>
  tasks(world).find(({ status, desiredState }) => desiredState === "RUNNING" && status.state === "RUNNING");
const setImage = (world: World, image: string): Promise<void> =>
  world.updateService("web", (spec) => ({
    ...spec,
    task: { ...spec.task, container: createContainerSpec({ image }) },
  }));

test("a new task has a node within 20 ms", async () => {
  await using world = await worldWith(3, { replicas: 3, ports: [createPort({ publishedPort: 80 })] });
  const tookMs = await world.clock.until("all are assigned", () => {
    const all = tasks(world);
    return all.length === 3 && all.every(({ nodeId }) => nodeId !== "");
  });
  assert(tookMs <= 20, `took ${tookMs} ms`);
});

test("a task that failed is replaced in its slot after 5 s", async () => {
  await using world = await worldWith(2, { replicas: 1 });
  await world.clock.until("it runs", runs(world, 1));
  await end(world, liveTask(world), "FAILED");
  const tookMs = await world.clock.until("it runs again", runs(world, 1));
  assert(tookMs >= 5000 && tookMs < 5500, `took ${tookMs} ms`);
  assert.deepEqual(
    tasks(world).map(({ slot }) => slot),
    [1, 1],
  );
});

test("the tasks of a node that is down run elsewhere at once", async () => {
  await using world = await worldWith(3, { replicas: 3 });
  await world.clock.until("all run", runs(world, 3));
  await world.powerOff("n2");
  const tookMs = await world.clock.until("all run elsewhere", () => {
    const live = tasks(world).filter(
      ({ desiredState, status }) => desiredState === "RUNNING" && status.state === "RUNNING",
    );
    return live.length === 3 && live.every(({ nodeId }) => nodeId !== testId<NodeId>("n2"));
  });
  assert(tookMs < 500, `took ${tookMs} ms`);
});

test("a drained node's tasks move once they have stopped, without a restart delay", async () => {
  await using world = await worldWith(2, { replicas: 2 });
  await world.clock.until("all run", runs(world, 2));
  await world.setAvailability("n1", "DRAIN");
  const tookMs = await world.clock.until("nothing is left on it", () => {
    const onIt = tasks(world).filter(({ nodeId }) => nodeId === testId<NodeId>("n1"));
    return world.running("web") === 2 && onIt.every(({ status }) => isFinal(status.state));
  });
  assert(tookMs < 3000, `took ${tookMs} ms`);
});

test("attempts are counted on under a new leader, and an exhausted slot stays empty", async () => {
  await using world = await worldWith(1, { replicas: 1, ...policy({ maxAttempts: 2, delayMs: 100 }) });
  for (let ends = 1; ends <= 3; ends++) {
    await world.clock.until("it runs", runs(world, 1));
    await world.changeLeader();
    await end(world, liveTask(world), "FAILED");
    await world.clock.run(10);
  }
  await world.clock.run(60_000);
  await world.changeLeader();
  await world.clock.run(60_000);
  assert.equal(world.running("web"), 0);
  assert.equal(tasks(world).length, 3);
  world.check();
});

test("a restart delay goes on under a new leader", async () => {
  await using world = await worldWith(1, { replicas: 1 });
  await world.clock.until("it runs", runs(world, 1));
  await end(world, liveTask(world), "FAILED");
  await world.clock.run(3000);
  await world.changeLeader();
  const tookMs = await world.clock.until("it runs again", runs(world, 1));
  assert(tookMs >= 1900 && tookMs < 2500, `took ${tookMs} ms`);
});

test("a crash loop slows down, and keeps five tasks", async () => {
  await using world = await worldWith(1, { replicas: 1 });
  world.fleet.trouble = { rejected: 1000, crashes: 0 };
  await world.clock.run(60_000);
  const early = world.commits;
  await world.clock.run(10 * 60_000);
  assert(world.commits - early < 25 * 12, `${world.commits - early} commits in ten minutes`);
  assert(tasks(world).length <= 5);
  world.check();
});

test("a lower task history limit forgets old tasks at once, and a negative one keeps all", async () => {
  await using world = await worldWith(2, { replicas: 2 });
  const keep = (taskHistoryRetentionLimit: number): Promise<void> =>
    world.change((tx) => {
      const cluster = tx.cluster();
      tx.update("cluster", { ...cluster, spec: { ...cluster.spec, taskHistoryRetentionLimit } });
    });
  await keep(-1);
  for (let version = 1; version <= 7; version++) {
    await setImage(world, `web:${version}`);
    await world.clock.until("the new version runs", () => {
      const images = tasks(world).filter(({ status }) => status.state === "RUNNING");
      return images.length === 2 && images.every(({ spec }) => spec.container?.image === `web:${version}`);
    });
  }
  await world.clock.run(10_000);
  assert.ok(tasks(world).length >= 14, `${tasks(world).length} tasks`);
  for (const [limit, left] of [
    [3, 6],
    [0, 2],
  ] as const) {
    await keep(limit);
    const tookMs = await world.clock.until("the others are forgotten", () => tasks(world).length === left);
    assert.ok(tookMs <= 1_000, `took ${tookMs} ms`);
  }
  await world.clock.run(5_000);
  assert.equal(runs(world, 2)(), true);
});

test("an update replaces slot by slot and is completed after the monitor", async () => {
  await using world = await worldWith(3, { replicas: 3 });
  await world.clock.until("all run", runs(world, 3));
  let runningMin = 3;
  world.store.subscribe(() => {
    runningMin = Math.min(runningMin, world.running("web"));
  });
  await setImage(world, "nginx:2");
  await world.clock.until("it is completed", () => world.service("web").updateStatus?.state === "COMPLETED");
  assert.equal(runningMin, 2);
  assert.equal(world.running("web"), 3);
  const live = tasks(world).filter(({ desiredState }) => desiredState === "RUNNING");
  assert(live.every(({ spec }) => spec.container.image === "nginx:2"));
});

test("a start-first update never has fewer tasks running", async () => {
  const update = {
    parallelism: 1,
    delayMs: 0,
    monitorMs: 1000,
    failureAction: "PAUSE",
    maxFailureRatio: 0,
    order: "START_FIRST",
    canary: "",
  } as const;
  await using world = await worldWith(3, { replicas: 3, update });
  await world.clock.until("all run", runs(world, 3));
  let runningMin = 3;
  world.store.subscribe(() => {
    runningMin = Math.min(runningMin, world.running("web"));
  });
  await setImage(world, "nginx:2");
  await world.clock.until("it is completed", () => world.service("web").updateStatus?.state === "COMPLETED");
  assert.equal(runningMin, 3);
});

test("an update to something that cannot run pauses after one slot, and goes on with the next spec", async () => {
  await using world = await worldWith(3, { replicas: 3 });
  await world.clock.until("all run", runs(world, 3));
  world.fleet.trouble = { rejected: 1000, crashes: 0 };
  await setImage(world, "nginx:broken");
  await world.clock.until("it is paused", () => world.service("web").updateStatus?.state === "PAUSED");
  await world.clock.run(5 * 60_000);
  const broken = tasks(world).filter(({ spec }) => spec.container.image === "nginx:broken");
  assert.deepEqual([...new Set(broken.map(({ slot }) => slot))], [1]);
  world.fleet.trouble = { rejected: 0, crashes: 0 };
  await setImage(world, "nginx:3");
  await world.clock.until("it is completed", () => world.service("web").updateStatus?.state === "COMPLETED", 120_000);
  assert.equal(world.running("web"), 3);
});

test("a failing update rolls back to what ran before", async () => {
  const update = {
    parallelism: 1,
    delayMs: 0,
    monitorMs: 1000,
    failureAction: "ROLLBACK",
    maxFailureRatio: 0,
    order: "STOP_FIRST",
    canary: "",
  } as const;
  await using world = await worldWith(3, { replicas: 3, update });
  await world.clock.until("all run", runs(world, 3));
  world.fleet.trouble = { rejected: 1000, crashes: 0 };
  await setImage(world, "nginx:broken");
  await world.clock.until("it rolls back", () => world.service("web").updateStatus?.state === "ROLLBACK_STARTED");
  world.fleet.trouble = { rejected: 0, crashes: 0 };
  await world.clock.until("it has", () => world.service("web").updateStatus?.state === "ROLLBACK_COMPLETED", 120_000);
  await world.clock.until("all run", runs(world, 3));
  assert.equal(world.service("web").spec.task.container.image, "nginx:latest");
});

test("removing a service removes its tasks, and its port may be had again", async () => {
  await using world = await worldWith(2, { replicas: 2, ports: [createPort({ publishedPort: 80 })] });
  await world.clock.until("all run", runs(world, 2));
  await world.change((tx) => tx.remove("service", world.service("web").id));
  await world.createService("next", { ports: [createPort({ publishedPort: 80 })] });
  await world.clock.until("only the next one's task is left", () => world.store.view().all("task").length === 1);
  await world.clock.until("it runs", () => world.running("next") === 1);
});

test("a task without a suitable node says so, and runs as soon as there is one", async () => {
  const placement = { ...ANYWHERE, constraints: ["node.labels.disk==ssd"] };
  await using world = await worldWith(2, { task: createTaskSpec({ placement }) });
  const err = "no suitable node (scheduling constraints not satisfied on 2 nodes: node.labels.disk==ssd)";
  await world.clock.until("it says so", () => tasks(world)[0]?.status.err === err, 100);
  await world.addNode("n9", { labels: { disk: "ssd" } });
  await world.clock.until("it runs", runs(world, 1), 1000);
  assert.equal(tasks(world)[0]?.status.err, "");
});

test("a removed node's tasks run elsewhere and are forgotten there", async () => {
  await using world = await worldWith(2, { replicas: 2 });
  await world.createService("agent", { replicas: "global" });
  await world.clock.until("all run", () => world.running("web") === 2 && world.running("agent") === 2);
  await world.powerOff("n2");
  await world.change((tx) => tx.remove("node", testId("n2")));
  await world.clock.until("all run elsewhere", () => world.running("web") === 2 && world.running("agent") === 1);
  await world.clock.until("nothing of the global service is left there", () => {
    const { id } = world.service("agent");
    return world.store
      .view()
      .tasksOfService(id)
      .every(({ nodeId }) => nodeId !== testId<NodeId>("n2"));
  });
});

test("the checks notice an address with two owners (canary)", async () => {
  await using world = await worldWith(1, { ports: [createPort({ publishedPort: 80 })] });
  await world.clock.until("it runs", runs(world, 1));
  await world.change((tx) =>
    tx.create("task", createTask("twin", world.service("web"), { slot: 9, networks: tasks(world)[0]?.networks ?? [] })),
  );
  assert.throws(() => world.check(), /has two owners/);
});

test("a service that always fails is given up though no delay was chosen, when its window could hold the attempts", async () => {
  await using world = await worldWith(2, { replicas: 1, ...policy({ maxAttempts: 4, windowMs: 40_000 }) });
  let made = 0;
  const isOver = (): boolean =>
    world.store
      .view()
      .tasksOfService(world.service("web").id)
      .every(({ desiredState }) => desiredState === "SHUTDOWN");
  for (; made < 12 && !(made > 0 && isOver()); made++) {
    await world.clock.until("it runs", runs(world, 1));
    await end(world, liveTask(world), "FAILED");
    await world.clock.run(200);
  }
  assert.equal(made, 5, "the first task and four attempts");
  await world.clock.run(300_000);
  assert(isOver(), "and no more");
  world.check();
});

test("a node is emptied without a moment in which fewer tasks run than are wanted", async () => {
  await using world = await worldWith(3, { replicas: 6 });
  await world.createService("agent", { replicas: "global" });
  await world.clock.until("all run", runs(world, 6));
  let fewest = 6;
  using _watch = world.store.subscribe(() => {
    fewest = Math.min(fewest, world.running("web"));
  });
  await world.empty("n1", 600_000);
  const node = () => world.store.view().get("node", testId<NodeId>("n1"));
  await world.clock.until("it is drained", () => node()?.spec.availability === "DRAIN");
  await world.clock.until("nothing is wanted there", () =>
    world.store
      .view()
      .tasksOfNode(testId<NodeId>("n1"))
      .every(({ desiredState }) => desiredState !== "RUNNING"),
  );
  assert.equal(fewest, 6);
  assert.equal(world.running("web"), 6);
  assert.equal(world.service("web").updateStatus, null, "no update is told");
  world.check();
});

test("a node is not emptied of a task for which there is no room elsewhere, until its time is over", async () => {
  await using world = await worldWith(2, { replicas: 2, task: createTaskSpec({ placement: onePerNode }) });
  await world.clock.until("both run", runs(world, 2));
  await world.empty("n1", 30_000);
  const node = () => world.store.view().get("node", testId<NodeId>("n1"));
  await world.clock.run(29_000);
  assert.equal(world.running("web"), 2);
  assert.equal(node()?.spec.availability, "PAUSE");
  await world.clock.until("its time is over", () => node()?.spec.availability === "DRAIN");
  await world.clock.until("one is left", runs(world, 1));
  world.check();
});

test("a node that is to keep its tasks after all keeps them, and what was begun elsewhere goes", async () => {
  await using world = await worldWith(2, { replicas: 1 });
  await world.clock.until("it runs", runs(world, 1));
  const before = liveTask(world);
  const name = before?.nodeId.replace(/z+$/, "") ?? "";
  world.fleet.trouble = { rejected: 1000, crashes: 0 };
  await world.empty(name, 600_000);
  await world.clock.until("a successor is made", () => tasks(world).length > 1);
  await world.setAvailability(name, "ACTIVE");
  await world.clock.run(60_000);
  assert.deepEqual(
    tasks(world).filter(({ desiredState }) => desiredState === "RUNNING" || desiredState === "READY"),
    [liveTask(world)],
  );
  assert.equal(liveTask(world)?.id, before?.id);
  world.check();
});
