/**
 * Runs deterministic simulations.
 *   node scripts/sim.ts raft [--seed N | --seeds K [--from N]] [--failures F] [--canary NAME]
 *     prints the seeds, what happened in them and how fast; a failing seed is shown with its last events and ends with 1
 *   node scripts/sim.ts canaries [--only NAME] [--seeds K]
 *     plants each known bug in a copy of raft/core and prints who found it; one that nobody found ends with 1
 */

import { parseArgs } from "node:util";
import { coreCanaries } from "../test/sim/raft/canaries/all.ts";
import type { CoreCanary } from "../test/sim/raft/canaries/canary.ts";
import { type Catch, HUNTERS, hunt } from "../test/sim/raft/canaries/hunt.ts";
import type { Canary } from "../test/sim/raft/options.ts";
import { describeOptions } from "../test/sim/raft/options.ts";
import { runSimulation, SimFailure } from "../test/sim/raft/run.ts";

const DEFAULT_SEEDS = 100;
/** After this many failures the rest will hardly tell more. */
const DEFAULT_FAILURES = 5;
/** A canary that lives through this many is rare; the transcripts and unit tests must have it. */
const DEFAULT_CANARY_SEEDS = 60;
/** Without a bug this many seeds must pass, or the table would blame the canaries. */
const CONTROL_SEEDS = 5;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seed: { type: "string" },
    seeds: { type: "string" },
    from: { type: "string" },
    failures: { type: "string" },
    canary: { type: "string" },
    only: { type: "string" },
  },
});

switch (positionals.join(" ")) {
  case "raft":
    if (!simulateRaft()) process.exitCode = 1;
    break;
  case "canaries":
    if (!huntCanaries()) process.exitCode = 1;
    break;
  default:
    console.error(
      "usage: node scripts/sim.ts raft [--seed N | --seeds K [--from N]] [--failures F] [--canary NAME]\n" +
        "       node scripts/sim.ts canaries [--only NAME] [--seeds K]",
    );
    process.exitCode = 2;
}

function simulateRaft(): boolean {
  const isSingle = values.seed !== undefined;
  const first = Number(values.seed ?? values.from ?? 1);
  const count = isSingle ? 1 : Number(values.seeds ?? DEFAULT_SEEDS);
  const failuresMax = Number(values.failures ?? DEFAULT_FAILURES);
  const canary = (values.canary ?? "none") as Canary;
  console.log(`raft simulation: seeds ${first}..${first + count - 1}${canary === "none" ? "" : `, canary ${canary}`}`);

  const beganMs = performance.now();
  const counts = new Map<string, number>();
  const failed: number[] = [];
  let events = 0;
  let simulatedMs = 0;
  let done = 0;
  for (let seed = first; seed < first + count && failed.length < failuresMax; seed++) {
    try {
      const result = runSimulation(seed, { canary });
      events += result.events;
      simulatedMs += result.simulatedMs;
      for (const [what, times] of result.counts) counts.set(what, (counts.get(what) ?? 0) + times);
      if (isSingle) console.log(`trace ${result.hash}\noptions: ${describeOptions(result.options)}`);
    } catch (error) {
      if (!(error instanceof SimFailure)) throw error;
      failed.push(seed);
      console.log(error.message);
    }
    done++;
  }

  const tookMs = performance.now() - beganMs;
  const perSecond = Math.round((events / tookMs) * 1_000);
  console.log(
    `${done} seeds in ${(tookMs / 1_000).toFixed(1)} s: ${events} messages delivered (${perSecond}/s), ` +
      `${(simulatedMs / 1_000).toFixed(0)} s simulated (${(simulatedMs / tookMs).toFixed(0)} times real time)`,
  );
  const happened = [...counts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([what, times]) => `${what}=${times}`);
  console.log(`happened: ${happened.join(" ")}`);
  console.log(failed.length === 0 ? "no promise was broken" : `failing seeds: ${failed.join(" ")}`);
  return failed.length === 0;
}

function huntCanaries(): boolean {
  const canaries = coreCanaries.filter(({ name }) => values.only === undefined || name === values.only);
  if (canaries.length === 0) {
    console.error(`no canary is called ${values.only}; there are ${coreCanaries.map(({ name }) => name).join(" ")}`);
    return false;
  }
  const alarms = hunt(null, HUNTERS, CONTROL_SEEDS).filter(({ found }) => found);
  if (alarms.length > 0) {
    console.error(`without any canary: ${alarms.map(({ hunter, how }) => `${hunter}: ${how}`).join("; ")}`);
    return false;
  }
  const seeds = Number(values.seeds ?? DEFAULT_CANARY_SEEDS);
  const missed = canaries.filter((canary) => !huntOne(canary, seeds));
  console.log(`${canaries.length - missed.length} of ${canaries.length} canaries found`);
  for (const { name, what } of missed) console.log(`nobody found ${name}: ${what}`);
  return missed.length === 0;
}

/** Prints its line of the table; returns whether anyone found it. */
function huntOne(canary: CoreCanary, seeds: number): boolean {
  try {
    const catches = hunt(canary, HUNTERS, seeds);
    const cells = catches.map((one) => `${one.hunter} ${describeCatch(one)}`);
    console.log(`${canary.name} (${canary.what})\n    ${cells.join("\n    ")}`);
    return catches.some(({ found }) => found);
  } catch (error) {
    console.log(`${canary.name}: ${error instanceof Error ? error.message : String(error)}`);
    return false;
  }
}

function describeCatch({ found, how }: Catch): string {
  const where = how === "" ? "" : ` (${how.split("\n")[0]})`;
  return `${found ? "found it" : "missed it"}${where}`;
}
