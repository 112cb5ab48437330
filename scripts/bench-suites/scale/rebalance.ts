import { planInSlices } from "../../../manager/scheduler/rebalance/plan-now.ts";
import type { ServiceId } from "../../../shared/ids.ts";
import { systemClock } from "../../../shared/ports/system-clock.ts";
import { type Figure, figure } from "../figure.ts";
import { cpuMs, TurnMeter } from "./turns.ts";
import { createScaleWorld, nodeOf, type ScaleWorld } from "./world.ts";

const ROUNDS = 5;
/** Nodes that have joined and run nothing yet. */
const NEWCOMERS = 50;
/** As many as a person may ask for at once, and as many as are begun without asking. */
const MANY = 1_000;
const FEW = 1;
const NONE = Number.POSITIVE_INFINITY;

/** What a plan of rebalancing takes: with nothing to move, and when nodes have joined. */
export async function measureRebalance(size: string, tasks: number, turnMsMax: number): Promise<readonly Figure[]> {
  const world = createScaleWorld(tasks);
  const figures: Figure[] = [];
  figures.push(...(await measurePlans(`${size}: a plan of rebalancing, nothing to move`, world, FEW, turnMsMax)));
  await world.store.update("nodes join", (tx) => {
    for (let at = 0; at < NEWCOMERS; at++) tx.create("node", nodeOf(world.nodes + at));
  });
  const joined = `${size}: a plan of rebalancing, ${NEWCOMERS} nodes are new`;
  figures.push(...(await measurePlans(`${joined}, the first move`, world, FEW, turnMsMax)));
  figures.push(...(await measurePlans(`${joined}, ${MANY} moves`, world, MANY, turnMsMax)));
  return figures;
}

async function measurePlans(
  name: string,
  { store }: ScaleWorld,
  movesMax: number,
  turnMsMax: number,
): Promise<readonly Figure[]> {
  const rules = {
    gainMin: 1,
    movesMax,
    settledBeforeMs: Number.POSITIVE_INFINITY,
    heldServices: new Set<ServiceId>(),
  };
  const costMs: number[] = [];
  const turnMs: number[] = [];
  let moves = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const began = cpuMs();
    const plan = await planInSlices(() => store.view(), rules, systemClock);
    costMs.push(cpuMs() - began);
    moves = plan.moves.length;
  }
  const meter = new TurnMeter();
  for (let round = 0; round < ROUNDS; round++) {
    await meter.take();
    await planInSlices(() => store.view(), rules, systemClock);
    turnMs.push((await meter.take()).workMs);
  }
  meter.stop();
  const cost = figure(`${name} (${moves} planned)`, "ms", NONE, costMs);
  const turn = figure("  longest turn of that", "ms", turnMsMax, turnMs);
  return [cost, { ...turn, worst: turn.median }];
}
