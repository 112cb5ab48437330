/** No task is made of a spec before its pre-deploy command has succeeded, whatever fails meanwhile. */
import { strict as assert } from "node:assert";
import { test } from "node:test";
import { abortCanary } from "../../../manager/api/service-rollout.ts";
import { isBefore } from "../../../shared/objects/task-state.ts";
import type { Service, Task } from "../../../shared/objects/types.ts";
import { pick } from "../../../shared/ports/random.ts";
import type { UpdateConfig } from "../../../shared/rpc/gen/objects.ts";
import { ROLLOUT_DEFAULTS } from "../../../shared/service-spec/defaults.ts";
import { createContainerSpec, createTaskSpec, scaled } from "../../support/objects.ts";
import { World } from "./world.ts";

const SETTLED_MS = 5 * 60_000;
const CHAOS_STEPS = 30;
const COMMAND = ["migrate", "--all"];

const image = (name: string) => createTaskSpec({ container: createContainerSpec({ image: name }) });
const jobTasks = (world: World): readonly Task[] => {
  const job = world.store.view().byName("service", "web.pre-deploy");
  return job === undefined ? [] : world.store.view().tasksOfService(job.id);
};
const own = (world: World): readonly Task[] => world.store.view().tasksOfService(world.service("web").id);
const images = (world: World): readonly string[] =>
  own(world)
    .filter(({ desiredState, status }) => desiredState === "RUNNING" && status.state === "RUNNING")
    .map(({ spec }) => spec.container.image)
    .sort();
const deploy = (world: World, name: string): Promise<void> =>
  world.updateService("web", (spec) => ({ ...spec, task: image(name) }));
const request = ({ id, meta }: Service) => ({ ref: id, version: meta.version, rollbackTo: 0 });
const contextOf = ({ store, clock, random }: World) => ({ store, raft: store.raft, clock, random });

/** Breaks when a task is given a host before the command of its image has succeeded, or when that runs twice. */
function watch(world: World): { readonly runs: Map<string, number>; breach: string } {
  const watched = { runs: new Map<string, number>(), breach: "" };
  const passed = new Set<string>();
  world.store.subscribe(({ changes }) => {
    for (const { kind, object, action } of changes) {
      if (kind !== "task" || action === "remove") continue;
      const { image: name, command } = object.spec.container;
      if (object.serviceAnnotations.name === "web.pre-deploy") {
        assert.deepEqual(command, COMMAND);
        if (action === "create") watched.runs.set(name, (watched.runs.get(name) ?? 0) + 1);
        if (object.status.state === "COMPLETE") passed.add(name);
      } else if (!isBefore(object.status.state, "ASSIGNED") && !passed.has(name)) {
        watched.breach ||= `a task of ${name} has a host, and its command has not succeeded`;
      }
    }
  });
  return watched;
}

async function deployed(seed: number, update: Partial<UpdateConfig> = {}, replicas: number | "global" = 3) {
  const world = new World(seed);
  await world.bootstrap(4);
  const watched = watch(world);
  await world.createService("web", {
    replicas,
    task: image("web:1"),
    update: { ...ROLLOUT_DEFAULTS, ...update },
    preDeploy: { command: COMMAND, timeoutMs: 0 },
  });
  return { world, watched };
}

test("a new service starts once its command has succeeded, and its tasks say what they wait for", async () => {
  const { world, watched } = await deployed(1);
  await using _ = world;
  await world.clock.run(200);
  assert.deepEqual(images(world), []);
  assert.match(own(world)[0]?.status.err ?? "", /^waiting for its pre-deploy command(, which runs)?$/);
  await world.clock.run(SETTLED_MS);
  world.check();
  assert.deepEqual([images(world), watched], [Array(3).fill("web:1"), { runs: new Map([["web:1", 1]]), breach: "" }]);
  assert.equal(world.service("web").preDeploy?.state, "SUCCEEDED");
  const { commits } = world;
  await world.updateService("web", (spec) => scaled(spec, 4));
  await world.clock.run(SETTLED_MS);
  assert.deepEqual([images(world).length, watched.runs.get("web:1")], [4, 1], "more tasks are no other spec");
  assert.ok(world.commits > commits);
});

test("an update waits for it while the old tasks serve, and a new leader does not begin it again", async () => {
  const { world, watched } = await deployed(2);
  await using _ = world;
  await world.clock.run(SETTLED_MS);
  world.fleet.workMsMax = 60_000;
  await deploy(world, "web:2");
  await world.clock.run(1_000);
  await world.changeLeader();
  await world.clock.run(1_000);
  const { updateStatus, preDeploy } = world.service("web");
  assert.deepEqual([images(world), preDeploy?.state], [Array(3).fill("web:1"), "RUNNING"]);
  assert.equal(updateStatus?.state, "UPDATING");
  assert.match(updateStatus?.message ?? "", /^waiting for its pre-deploy command(, which runs)?$/);
  await world.clock.run(SETTLED_MS);
  world.check();
  assert.deepEqual([images(world), watched.runs.get("web:2")], [Array(3).fill("web:2"), 1]);
  assert.equal(world.service("web").updateStatus?.state, "COMPLETED");
});

test("one that fails pauses the update; what crashes runs the spec before; a further update tries again", async () => {
  const { world, watched } = await deployed(3);
  await using _ = world;
  await world.clock.run(SETTLED_MS);
  world.fleet.trouble = { rejected: 0, crashes: 1000 };
  await deploy(world, "web:2");
  await world.clock.run(30_000);
  const { updateStatus } = world.service("web");
  assert.equal(updateStatus?.state, "PAUSED");
  assert.match(
    updateStatus?.message ?? "",
    /^update paused because its pre-deploy command failed: its task was failed/,
  );
  const failed = jobTasks(world).find(({ spec }) => spec.container.image === "web:2");
  assert.equal(updateStatus?.failedTask, failed?.id);
  world.fleet.trouble = { rejected: 0, crashes: 0 };
  await world.powerOff("n1");
  await world.powerOff("n2");
  await world.clock.run(SETTLED_MS);
  assert.deepEqual(images(world), Array(3).fill("web:1"));
  await deploy(world, "web:3");
  await world.clock.run(SETTLED_MS);
  world.check();
  assert.deepEqual([images(world), watched.breach], [Array(3).fill("web:3"), ""]);
  assert.equal(world.service("web").previousSpec?.task.container.image, "web:1", "what was tried never ran");
});

test("one that fails takes the update back, if so told", async () => {
  const { world } = await deployed(4, { failureAction: "ROLLBACK" });
  await using _ = world;
  await world.clock.run(SETTLED_MS);
  world.fleet.trouble = { rejected: 1000, crashes: 0 };
  await deploy(world, "web:2");
  await world.clock.run(30_000);
  world.check();
  const { updateStatus, spec, preDeploy } = world.service("web");
  assert.deepEqual([updateStatus?.state, spec.task.container.image, preDeploy], ["ROLLBACK_COMPLETED", "web:1", null]);
  assert.match(updateStatus?.message ?? "", /^update rolled back because its pre-deploy command failed: /);
  assert.deepEqual(images(world), Array(3).fill("web:1"));
});

test("one that hangs fails after its time, and is stopped but kept", async () => {
  const { world } = await deployed(5);
  await using _ = world;
  await world.clock.run(SETTLED_MS);
  world.fleet.workMsMax = 1e9;
  await world.updateService("web", (spec) => ({
    ...spec,
    task: image("web:2"),
    preDeploy: { command: COMMAND, timeoutMs: 20_000 },
  }));
  await world.clock.run(60_000);
  world.check();
  const { updateStatus } = world.service("web");
  assert.equal(
    updateStatus?.message,
    "update paused because its pre-deploy command failed: it did not end within 20 s",
  );
  assert.deepEqual(
    jobTasks(world).map(({ status }) => status.state),
    ["COMPLETE", "SHUTDOWN"],
  );
});

test("an update in the middle of another's command stops that and begins its own; an abort ends both", async () => {
  const { world, watched } = await deployed(6);
  await using _ = world;
  await world.clock.run(SETTLED_MS);
  world.fleet.workMsMax = 1e9;
  await deploy(world, "web:2");
  await world.clock.run(5_000);
  await deploy(world, "web:3");
  await world.clock.run(10_000);
  const alive = jobTasks(world).filter(({ status }) => status.state === "RUNNING");
  assert.deepEqual(
    alive.map(({ spec }) => spec.container.image),
    ["web:3"],
  );
  await abortCanary(contextOf(world), request(world.service("web")));
  await world.clock.run(SETTLED_MS);
  world.check();
  assert.deepEqual([images(world), watched.breach], [Array(3).fill("web:1"), ""]);
  assert.equal(world.service("web").updateStatus?.state, "ROLLBACK_COMPLETED");
  assert.ok(jobTasks(world).every(({ status }) => status.state !== "RUNNING"));
});

test("a canary begins once the command has succeeded", async () => {
  const { world, watched } = await deployed(7, { canary: "1" });
  await using _ = world;
  await world.clock.run(SETTLED_MS);
  await deploy(world, "web:2");
  await world.clock.run(SETTLED_MS);
  world.check();
  assert.deepEqual([images(world), watched.breach], [["web:1", "web:1", "web:2"], ""]);
  assert.equal(world.service("web").updateStatus?.state, "CANARY");
});

for (const seed of [21, 22, 23, 24, 25, 26]) {
  test(`crashes, lost hosts, new leaders and overtaking updates start nothing early (seed=${seed})`, async () => {
    const failureAction = seed % 2 === 0 ? "PAUSE" : "ROLLBACK";
    const order = seed % 3 === 0 ? "START_FIRST" : "STOP_FIRST";
    const { world, watched } = await deployed(seed, { failureAction, order }, seed % 4 === 0 ? "global" : 4);
    await using _ = world;
    const random = world.random.fork("chaos");
    world.fleet.trouble = { rejected: 20, crashes: 200 };
    for (let step = 0; step < CHAOS_STEPS; step++) {
      const node = `n${1 + random.below(4)}`;
      const kind = random.below(7);
      if (kind === 0) await world.powerOff(node);
      else if (kind === 1) await world.powerOn(node);
      else if (kind === 2) await world.changeLeader();
      else if (kind === 3) await world.setAvailability(node, pick(random, ["DRAIN", "ACTIVE"] as const));
      else if (kind === 4 && seed % 4 !== 0)
        await world.updateService("web", (spec) => scaled(spec, 1 + random.below(5)));
      else await deploy(world, `web:${step + 2}`);
      await world.clock.run(random.below(30_000));
      world.check();
      assert.equal(watched.breach, "");
    }
    world.fleet.trouble = { rejected: 0, crashes: 0 };
    for (let at = 1; at <= 4; at++) {
      await world.powerOn(`n${at}`);
      await world.setAvailability(`n${at}`, "ACTIVE");
    }
    await deploy(world, "web:last");
    await world.clock.run(2 * SETTLED_MS);
    world.check();
    assert.deepEqual([new Set(images(world)), watched.breach], [new Set(["web:last"]), ""]);
    assert.equal(watched.runs.get("web:last"), 1);
  });
}
