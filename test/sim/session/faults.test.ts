/**
 * Leader, workers and containers under random faults, seed by seed. First anything may happen; then everything is
 * healed and must agree within bounded time. Replay one: SIM_SEED=7 node --test test/sim/session/faults.test.ts
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { SwarmError } from "../../../shared/errors.ts";
import type { NetworkId, TaskId } from "../../../shared/ids.ts";
import { isFinal, rankOf } from "../../../shared/objects/task-state.ts";
import { pick, type Random } from "../../../shared/ports/random.ts";
import { seededRandom } from "../../../shared/ports/seeded-random.ts";
import { isSameTables, naiveTables } from "../../support/naive-tables.ts";
import { createNetwork, testId } from "../../support/objects.ts";
import { SessionWorld, type SimHost } from "../../support/session-world.ts";

const SEEDS = process.env["SIM_SEED"] === undefined ? seeds(30) : [Number(process.env["SIM_SEED"])];
const STEPS = 120;
/** Besides ingress, where published services' tasks are. */
const NETWORKS = ["ingress", "front", "back"];
/** After healing: the longest backoffs, one silence, one repeat. */
const CONVERGE_MS_MAX = 60_000;

type Action = (world: SessionWorld, random: Random, run: Run) => Promise<void>;

interface Run {
  readonly tasks: TaskId[];
  readonly down: Set<SimHost>;
  /** Revision by which each task's container was seen to start: it must never start twice. */
  readonly trace: string[];
}

const ACTIONS: Readonly<Record<string, Action>> = {
  async assign(world, random, run) {
    const desiredState = random.below(3) === 0 ? "READY" : "RUNNING";
    const address = `10.1.${run.tasks.length}.1/16`;
    const ids = NETWORKS.filter(() => random.below(2) === 0).map((word) => testId<NetworkId>(word));
    const networks = ids.map((networkId) => ({ networkId, address, address6: "", aliases: [] }));
    run.tasks.push(await world.assign(`t${run.tasks.length}a`, pick(random, world.hosts), { desiredState, networks }));
  },
  async wantRunning(world, random, run) {
    await want(world, random, run, "RUNNING");
  },
  async wantShutdown(world, random, run) {
    await want(world, random, run, "SHUTDOWN");
  },
  async reap(world, random, run) {
    const task = run.tasks.length === 0 ? undefined : world.task(pick(random, run.tasks));
    if (task !== undefined && isFinal(task.status.state)) {
      await world.store.update("reap", (tx) => tx.remove("task", task.id));
    }
  },
  async exit(world, random) {
    const { executor } = pick(random, world.hosts);
    const running = executor.running();
    if (running.length > 0) executor.exit(pick(random, running), random.below(3));
  },
  async fault(world, random) {
    const { executor, network } = pick(random, world.hosts);
    const call = pick(random, ["prepare", "start", "stop", "remove"]);
    executor.failures.set(call, [new SwarmError("unavailable", `${call} met a passing fault`)]);
    network.failures.push(new Error("the kernel is busy"));
  },
  async kill(_world, random, run) {
    const host = pick(random, _world.hosts);
    if (!run.down.has(host)) await host.kill();
    run.down.add(host);
  },
  async boot(_world, random, run) {
    if (run.down.size === 0) return;
    const host = pick(random, [...run.down]);
    run.down.delete(host);
    await host.start();
  },
  async cut(world, random) {
    world.transport.cut(pick(random, world.hosts).nodeId);
  },
  async heal(world) {
    world.transport.heal();
  },
  async reset(world, random) {
    world.transport.reset(pick(random, world.hosts).nodeId);
  },
  async elect(world, random) {
    await world.lead(null);
    await world.clock.run(random.below(300));
    await world.lead(random.below(3));
  },
};

for (const seed of SEEDS) {
  test(`three hosts agree with their leader after any faults (seed ${seed})`, async () => {
    const random = seededRandom(seed, "faults");
    const run: Run = { tasks: [], down: new Set(), trace: [] };
    await using world = await SessionWorld.create(seed, 3);
    await world.store.update("network create", (tx) => {
      for (const word of NETWORKS.slice(1)) tx.create("network", createNetwork(word));
    });
    try {
      for (let step = 0; step < STEPS; step++) {
        const name = pick(random, Object.keys(ACTIONS));
        run.trace.push(`${world.clock.now()} ${name}`);
        await ACTIONS[name]?.(world, random, run);
        await world.clock.run(random.below(10) === 0 ? random.below(4_000) : random.below(80));
        checkAlways(world);
      }
      await healAll(world, run);
      await world.clock.until("all agree", () => disagreements(world, run).length === 0, CONVERGE_MS_MAX);
    } catch (error) {
      const found = disagreements(world, run).join("\n");
      throw new Error(`replay with SIM_SEED=${seed}\n${found}\n${run.trace.slice(-15).join("\n")}`, { cause: error });
    }
  });
}

test("the alarm rings: a worker that reports nothing is found to disagree", async () => {
  await using world = await SessionWorld.create(1, 3);
  const run: Run = { tasks: [await world.assign("t1a")], down: new Set(), trace: [] };
  await world.untilState(run.tasks[0] as TaskId, "RUNNING");
  world.transport.cut(world.host.nodeId);
  world.host.executor.exit(run.tasks[0] as TaskId, 1);
  await world.clock.run(1_000);
  assert.equal(disagreements(world, run).length, 1);
});

async function want(world: SessionWorld, random: Random, run: Run, desired: "RUNNING" | "SHUTDOWN"): Promise<void> {
  const task = run.tasks.length === 0 ? undefined : world.task(pick(random, run.tasks));
  if (task !== undefined && rankOf(task.desiredState) < rankOf(desired)) await world.want(task.id, desired);
}

async function healAll(world: SessionWorld, run: Run): Promise<void> {
  world.transport.heal();
  for (const host of world.hosts) {
    host.executor.failures.clear();
    host.network.failures.length = 0;
  }
  for (const host of run.down) await host.start();
  run.down.clear();
}

/** Nothing runs twice, and nothing runs where it was not assigned. */
function checkAlways(world: SessionWorld): void {
  for (const host of world.hosts) {
    for (const taskId of host.executor.running()) {
      const task = world.task(taskId);
      if (task !== undefined) assert.equal(task.nodeId, host.nodeId, `${taskId} runs on the wrong host`);
    }
  }
}

/** What the store, the hosts and the sessions do not agree about. */
function disagreements(world: SessionWorld, run: Run): readonly string[] {
  const found: string[] = [];
  for (const host of world.hosts) {
    if (host.state() !== "READY") found.push(`${host.nodeId} is ${host.state()}`);
    const revisions = world.leader.dispatcher.revisions(host.nodeId);
    if (revisions === null || revisions.applied !== revisions.sent) found.push(`${host.nodeId} has not applied all`);
    const tables = naiveTables(world.store.view(), host.nodeId);
    if (!isSameTables(host.network.tables, tables)) found.push(`${host.nodeId} has other tables`);
    const stored = [...host.database.networks.values()];
    if (!isSameTables(stored, tables)) found.push(`${host.nodeId} stores other tables`);
    for (const [taskId] of host.executor.containers) {
      if (world.task(taskId) === undefined) found.push(`${taskId} is left on ${host.nodeId}`);
    }
  }
  for (const taskId of run.tasks) {
    const task = world.task(taskId);
    if (task === undefined) continue;
    const { state } = task.status;
    const host = world.hosts.find(({ nodeId }) => nodeId === task.nodeId);
    const isRunning = host?.executor.running().includes(taskId) === true;
    if (isRunning !== (state === "RUNNING")) found.push(`${taskId} is ${state}, its container runs: ${isRunning}`);
    const isThere = isFinal(state) || state === (task.desiredState === "READY" ? "READY" : "RUNNING");
    if (!isThere) found.push(`${taskId} is ${state}, wanted ${task.desiredState}`);
    if (rankOf(task.desiredState) >= rankOf("SHUTDOWN") && !isFinal(state)) found.push(`${taskId} was not stopped`);
  }
  return found;
}

function seeds(count: number): readonly number[] {
  return Array.from({ length: count }, (_, at) => at + 1);
}
