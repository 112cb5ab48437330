/** What one change costs each loop of the leader as the cluster grows, in one process with the log in memory. */

import { setTimeout as sleep, setImmediate as turn } from "node:timers/promises";
import type { LoopDeps } from "../../manager/control-loop.ts";
import { startLeaderLoops } from "../../manager/leader-loops.ts";
import { decideSchedule } from "../../manager/scheduler/decide-schedule.ts";
import { ScheduleBook } from "../../manager/scheduler/schedule-book.ts";
import { NO_USAGE } from "../../manager/tasks/task-use.ts";
import type { TaskId } from "../../shared/ids.ts";
import { silentLogger } from "../../shared/log.ts";
import { seededRandom } from "../../shared/ports/seeded-random.ts";
import { systemClock } from "../../shared/ports/system-clock.ts";
import { Scope } from "../../shared/scope.ts";
import { createTask, testId } from "../../test/support/objects.ts";
import { type Figure, figure } from "./figure.ts";
import { type Errand, fail, LOOPS, type MeasuredLoop, SERVICE_LOOPS, startLiveness } from "./scale/loops.ts";
import { measureRebalance } from "./scale/rebalance.ts";
import { measureThroughRaft } from "./scale/through-raft.ts";
import { collectGarbage, cpuMs, type LongestTurn, TurnMeter } from "./scale/turns.ts";
import { createScaleWorld, type ScaleWorld } from "./scale/world.ts";

/** Clusters by their tasks; the promises are about the third. */
const SIZES = [3_000, 30_000, 100_000, 300_000];
const PROMISED_SIZE = 100_000;
/** Of that size, in services as large as anybody has them. */
const LARGE_SERVICE = 10_000;
const WARM_UP = 20;
const ROUNDS = 20;
/** Errands under way at once while throughput is measured. */
const CROWD = 10_000;
const CROWD_PART = 100;
/** No errand takes so long: something is broken. */
const ERRAND_MS_MAX = 60_000;
const IDLE_MS = 2_000;
const REST_MS = 100;
const TURN_MS_MAX = 10;
const CHANGE_MS_MAX = 1;
const REACTION_MS_MAX = 20;
/** Tasks a second, planned and also written. */
const PLAN_RATE_MIN = 30_000;
const RATE_MIN = 5_000;
const MICROS_PER_S = 1_000_000;
const GROWTH_MAX = 2;
const NONE = Number.POSITIVE_INFINITY;

export async function measureScale(quick: boolean): Promise<readonly Figure[]> {
  const figures: Figure[] = [];
  const costs = new Map<string, number[]>();
  // The engine has compiled everything before the first figure counts.
  for (const loop of LOOPS) await measureLoop(createScaleWorld(SIZES[0] ?? 0), loop);
  for (const tasks of quick ? SIZES.slice(0, 2) : SIZES) {
    const size = `${tasks / 1000},000 tasks`;
    const promised = tasks <= PROMISED_SIZE;
    for (const loop of LOOPS) {
      const { costMs, turnMs } = await measureLoop(createScaleWorld(tasks), loop);
      const cost = figure(`${size}: ${loop.name}, one change`, "ms", promised ? CHANGE_MS_MAX : NONE, costMs);
      figures.push({ ...cost, worst: cost.median });
      costs.set(loop.name, [...(costs.get(loop.name) ?? []), cost.median]);
      const turn = figure(`${size}: ${loop.name}, longest turn of that`, "ms", TURN_MS_MAX, turnMs);
      figures.push({ ...turn, worst: turn.median });
    }
    figures.push(...(await measureTogether(size, createScaleWorld(tasks), promised)));
    figures.push(...(await measureRaft(size, tasks, promised)));
    figures.push(...(await measureRebalance(size, tasks, TURN_MS_MAX)));
  }
  if (!quick) figures.push(...(await measureLargeServices()));
  for (const [name, [first = Number.NaN, second = Number.NaN, ...others]] of costs) {
    const last = others.at(-1) ?? second;
    figures.push(
      figure(`${name}: growth of that cost from the smallest to the largest`, "times", GROWTH_MAX, [last / first]),
    );
  }
  return figures;
}

/** What one change costs when the service concerned has very many tasks. */
async function measureLargeServices(): Promise<readonly Figure[]> {
  const figures: Figure[] = [];
  for (const loop of LOOPS.filter(({ name }) => SERVICE_LOOPS.includes(name))) {
    const { costMs, turnMs } = await measureLoop(createScaleWorld(PROMISED_SIZE, LARGE_SERVICE), loop);
    const cost = figure(`a service of ${LARGE_SERVICE} tasks: ${loop.name}, one change`, "ms", NONE, costMs);
    const turn = figure(`a service of ${LARGE_SERVICE} tasks: ${loop.name}, longest turn`, "ms", TURN_MS_MAX, turnMs);
    figures.push({ ...cost, worst: cost.median }, { ...turn, worst: turn.median });
  }
  return figures;
}

function depsOf({ store }: ScaleWorld): LoopDeps {
  return { store, clock: systemClock, random: seededRandom(1), log: silentLogger };
}

/** The processor's time for one errand, with the store's part of it, and the longest turn of the event loop in it. */
async function measureLoop(
  world: ScaleWorld,
  loop: MeasuredLoop,
): Promise<{ readonly costMs: readonly number[]; readonly turnMs: readonly number[] }> {
  const scope = new Scope(silentLogger);
  loop.start(world, depsOf(world), scope);
  await rest();
  let number = 1;
  const next = (): Promise<void> => run(world, loop.errand(world, number++), loop);
  for (let round = 0; round < WARM_UP; round++) await next();
  collectGarbage();
  const costMs: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const began = cpuMs();
    await next();
    costMs.push(cpuMs() - began);
  }
  const meter = new TurnMeter();
  const turnMs: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    await meter.take();
    await next();
    turnMs.push((await meter.take()).workMs);
  }
  meter.stop();
  await scope.end();
  return { costMs, turnMs };
}

/** Resolves when it is done and nothing is left of it to do at once. */
async function run(world: ScaleWorld, errand: Errand, loop: Pick<MeasuredLoop, "onNews"> = {}): Promise<void> {
  const done = until(world, () => errand.isDone(world), loop);
  await world.store.update("person", (tx) => errand.change(tx));
  await done;
}

/** @throws Error after ERRAND_MS_MAX. Either way nothing is left that would keep this process from ending. */
async function until(world: ScaleWorld, isDone: () => boolean, loop: Pick<MeasuredLoop, "onNews"> = {}): Promise<void> {
  const done = Promise.withResolvers<void>();
  const look = (): void => {
    if (isDone()) done.resolve();
  };
  // Nothing polls: that would cost more than what is measured.
  using _commits = world.store.subscribe(look);
  using _news = loop.onNews?.(look) ?? null;
  const late = setTimeout(
    () => done.reject(new Error(`an errand took longer than ${ERRAND_MS_MAX} ms`)),
    ERRAND_MS_MAX,
  );
  try {
    await done.promise;
    await turn();
  } finally {
    clearTimeout(late);
  }
}

/** All loops at once: the reaction to a failed task, a crowd of new tasks, a new leader, and hours without a change. */
async function measureTogether(size: string, world: ScaleWorld, promised: boolean): Promise<readonly Figure[]> {
  const scope = new Scope(silentLogger);
  const meter = new TurnMeter();
  startLeaderLoops(scope, { ...depsOf(world), raft: world.raft, usage: NO_USAGE });
  startLiveness(depsOf(world), scope);
  await sleep(IDLE_MS);
  const firstTurn = await meter.take();
  meter.stop();
  const reactionMs: number[] = [];
  for (let round = 0; round < WARM_UP + ROUNDS; round++) {
    const id = testId<TaskId>(`t${round * 11}a`);
    const task = world.store.view().get("task", id);
    const began = performance.now();
    await run(world, {
      change: (tx) => fail(tx, id),
      isDone: ({ store }) =>
        store
          .view()
          .tasksOfService(task?.serviceId ?? testId("none"))
          .some((other) => other.slot === task?.slot && other.status.state === "ASSIGNED"),
    });
    if (round >= WARM_UP) reactionMs.push(performance.now() - began);
  }
  collectGarbage();
  const began = cpuMs();
  await sleep(IDLE_MS);
  const idle = ((cpuMs() - began) / IDLE_MS) * 100;
  await scope.end();
  const { planMs, eachMs, turn: crowdTurn } = await measureCrowd(world);
  const reaction = figure(
    `${size}: failed task until its successor has a node`,
    "ms",
    promised ? REACTION_MS_MAX : NONE,
    reactionMs,
  );
  return [
    { ...reaction, worst: reaction.median },
    figure(`${size}: a new leader's longest turn`, "ms", TURN_MS_MAX, [firstTurn.workMs]),
    figure("  with pauses of the garbage collector", "ms", NONE, [firstTurn.allMs]),
    figure(`${size}: processor while nothing happens`, "%", NONE, [idle]),
    figure(`${size}: planning each of ${CROWD} new tasks`, "µs", promised ? MICROS_PER_S / PLAN_RATE_MIN : NONE, [
      planMs * 1000,
    ]),
    figure(`${size}: planning and writing each of them`, "µs", promised ? MICROS_PER_S / RATE_MIN : NONE, [
      eachMs * 1000,
    ]),
    figure(`${size}: longest turn of that`, "ms", TURN_MS_MAX, [crowdTurn.workMs]),
    figure("  with pauses of the garbage collector", "ms", NONE, [crowdTurn.allMs]),
  ];
}

/** Many tasks wait for a node: processor time for each until it has one and that is written, and the longest turn. */
async function measureCrowd(
  world: ScaleWorld,
): Promise<{ readonly planMs: number; readonly eachMs: number; readonly turn: LongestTurn }> {
  const service = world.store.view().all("service")[0];
  if (service === undefined) throw new Error("there is no service");
  for (let at = 0; at < CROWD; at += CROWD_PART) {
    await world.store.update("person", (tx) => {
      for (let number = at; number < at + CROWD_PART; number++) {
        tx.create("task", createTask(`y${number}a`, service, { state: "PENDING", slot: CROWD + number }));
      }
    });
  }
  const planMs = planCrowd(world);
  let placed = 0;
  using _count = world.store.subscribe(({ changes }) => {
    placed += changes.filter(({ kind, object }) => kind === "task" && object.status.state === "ASSIGNED").length;
  });
  const scope = new Scope(silentLogger);
  const all = until(world, () => placed >= CROWD);
  const began = cpuMs();
  const meter = new TurnMeter();
  LOOPS[0]?.start(world, depsOf(world), scope);
  await all;
  const eachMs = (cpuMs() - began) / CROWD;
  const longest = await meter.take();
  meter.stop();
  await scope.end();
  return { planMs, eachMs, turn: longest };
}

/** Of each task. */
function planCrowd({ store }: ScaleWorld): number {
  const book = ScheduleBook.of(store.view());
  const began = cpuMs();
  const { assigned } = decideSchedule(book, store.view(), () => new Map());
  return (cpuMs() - began) / assigned.length;
}

/** Placements and new tasks through the log of one manager, synced to disk. */
async function measureRaft(size: string, tasks: number, promised: boolean): Promise<readonly Figure[]> {
  const { perSecond, madePerSecond, turn: longest } = await measureThroughRaft(tasks, CROWD);
  const slowest = promised ? MICROS_PER_S / RATE_MIN : NONE;
  const each = (rate: number): number => MICROS_PER_S / rate;
  const [placed, made] = [perSecond, madePerSecond].map((rate) => Math.round(rate).toLocaleString("en"));
  return [
    figure(`${size}: through Raft, planned, on disk and watched, each (${placed} a second)`, "µs", slowest, [
      each(perSecond),
    ]),
    figure(`${size}: through Raft, made, on disk and watched, each (${made} a second)`, "µs", slowest, [
      each(madePerSecond),
    ]),
    figure("  longest turn of the event loop while they are planned", "ms", NONE, [longest.workMs]),
    figure("  with pauses of the garbage collector", "ms", NONE, [longest.allMs]),
  ];
}

/** Until a loop has taken in what is there. */
async function rest(): Promise<void> {
  for (let busyMs = REST_MS; busyMs > REST_MS / 10; ) {
    const began = cpuMs();
    await sleep(REST_MS);
    busyMs = cpuMs() - began;
  }
}
