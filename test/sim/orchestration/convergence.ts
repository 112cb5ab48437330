import { strict as assert } from "node:assert";
import { createHash } from "node:crypto";
import type { NodeId } from "../../../shared/ids.ts";
import { pick } from "../../../shared/ports/random.ts";
import {
  createContainerSpec,
  createPort,
  createResources,
  createTaskSpec,
  scaled,
  testId,
} from "../../support/objects.ts";
import { snapshotBytes } from "../../support/state-machine.ts";
import type { SimResult } from "../raft/run.ts";
import { checkConverged } from "./checks.ts";
import { World } from "./world.ts";

const NODES = 5;
const CHAOS_STEPS = 40;
/**
 * Longer than the longest wait there is: an old task that does not stop, then the longest restart delay, a few times.
 */
const HEAL_MS = 10 * 60_000;
const QUIET_MS = 60_000;

/**
 * One cluster's life: trouble of every kind, then none. @throws when a promise is broken on the way, or when the
 * cluster does not come to be as people want it.
 */
export async function simulate(seed: number): Promise<SimResult> {
  await using world = new World(seed);
  const counts = new Map<string, number>();
  const count = (what: string): void => void counts.set(what, (counts.get(what) ?? 0) + 1);
  world.store.subscribe(({ changes }) => {
    for (const { kind, action, object } of changes) {
      count(kind === "task" && action === "update" ? `task ${object.status.state}` : `${kind} ${action}`);
    }
  });
  await world.bootstrap(NODES);
  const random = world.random.fork("chaos");
  const order = pick(random, ["STOP_FIRST", "START_FIRST"] as const);
  await world.createService("web", {
    replicas: 4,
    ports: [createPort({ publishedPort: 80 })],
    update: {
      parallelism: random.below(3),
      delayMs: random.below(2) * 1000,
      monitorMs: 1000,
      failureAction: "CONTINUE",
      maxFailureRatio: 0,
      order,
      canary: "",
    },
  });
  await world.createService("agent", { replicas: "global" });
  await world.createService("db", {
    replicas: 4,
    ports: [createPort()],
    task: createTaskSpec({ reservations: createResources({ memoryBytes: 3 * 1024 ** 3 }) }),
  });
  world.fleet.trouble = { rejected: random.below(100), crashes: random.below(300) };
  for (let step = 0; step < CHAOS_STEPS; step++) {
    await disturb(world, random.below(15), step);
    await world.clock.run(random.below(8000));
    world.check();
  }
  await heal(world);
  world.check();
  const isUp = (nodeId: string): boolean => !world.fleet.off.has(nodeId as NodeId);
  checkConverged(world.store.view(), isUp);
  const before = world.commits;
  await world.clock.run(QUIET_MS);
  assert.equal(world.commits, before, "nothing is written any more once everything is as wanted");
  const hash = createHash("sha256").update(snapshotBytes(world.store.machine)).digest("hex");
  return { seed, options: `update ${order}`, hash, steps: world.commits, simulatedMs: world.clock.now(), counts };
}

async function disturb(world: World, kind: number, step: number): Promise<void> {
  const { random } = world;
  const node = `n${1 + random.below(NODES)}`;
  switch (kind) {
    case 0:
    case 1:
      return world.powerOff(node);
    case 2:
    case 3:
      return world.powerOn(node);
    case 4:
      return world.setAvailability(node, pick(random, ["DRAIN", "PAUSE"] as const));
    case 5:
      return world.setAvailability(node, "ACTIVE");
    case 6:
      return world.updateService("web", (spec) => scaled(spec, random.below(8)));
    case 7:
      return world.updateService(pick(random, ["web", "agent", "db"]), (spec) => ({
        ...spec,
        task: { ...spec.task, container: createContainerSpec({ image: `nginx:${step}` }) },
      }));
    case 8:
      return world.updateService("db", (spec) => ({
        ...spec,
        task: { ...spec.task, forceUpdate: spec.task.forceUpdate + 1 },
        update: null,
      }));
    case 9:
      return world.changeLeader();
    case 10:
      return world.updateService("web", (spec) => ({
        ...spec,
        endpoint: {
          mode: "VIP",
          stickyMs: 0,
          ports: [createPort({ publishedPort: 80, targetPort: 80 + random.below(3) })],
        },
      }));
    case 11:
      return world.empty(node, 1_000 + random.below(60_000));
    case 12:
      return world.createService(`extra${step}`, { replicas: random.below(4), ports: [createPort()] });
    case 13:
      return world.rebalance();
    default:
      return world.change((tx) => {
        const extra = tx.all("service").find(({ spec }) => spec.annotations.name.startsWith("extra"));
        if (extra !== undefined) tx.remove("service", extra.id);
      });
  }
}

/** All hosts but one return, people wish for nothing new, and nothing fails any more. */
async function heal(world: World): Promise<void> {
  world.fleet.trouble = { rejected: 0, crashes: 0 };
  const dead = `n${NODES}`;
  for (let at = 1; at < NODES; at++) {
    await world.powerOn(`n${at}`);
    await world.setAvailability(`n${at}`, "ACTIVE");
    world.fleet.wake(testId<NodeId>(`n${at}`));
  }
  await world.powerOff(dead);
  // A paused update waits for people: they ask again.
  for (const { spec } of world.store.view().all("service"))
    await world.updateService(spec.annotations.name, (same) => same);
  await world.clock.run(HEAL_MS);
}
