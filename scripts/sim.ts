/**
 * Runs deterministic simulations: `node scripts/sim.ts raft [--seed N | --seeds K [--from N]] [--canary NAME]`.
 * Prints the seeds, what happened in them and how fast; a failing seed is shown with its last events and ends with 1.
 */

import { parseArgs } from "node:util";
import type { Canary } from "../test/sim/raft/options.ts";
import { describeOptions } from "../test/sim/raft/options.ts";
import { runSimulation, SimFailure } from "../test/sim/raft/run.ts";

const DEFAULT_SEEDS = 100;
/** After this many failures the rest will hardly tell more. */
const FAILURES_MAX = 5;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seed: { type: "string" },
    seeds: { type: "string" },
    from: { type: "string" },
    canary: { type: "string" },
  },
});
if (positionals.length !== 1 || positionals[0] !== "raft") {
  console.error("usage: node scripts/sim.ts raft [--seed N | --seeds K [--from N]] [--canary NAME]");
  process.exit(2);
}

const isSingle = values.seed !== undefined;
const first = Number(values.seed ?? values.from ?? 1);
const count = isSingle ? 1 : Number(values.seeds ?? DEFAULT_SEEDS);
const canary = (values.canary ?? "none") as Canary;
console.log(`raft simulation: seeds ${first}..${first + count - 1}${canary === "none" ? "" : `, canary ${canary}`}`);

const beganMs = performance.now();
const counts = new Map<string, number>();
const failed: number[] = [];
let events = 0;
let simulatedMs = 0;
let done = 0;
for (let seed = first; seed < first + count && failed.length < FAILURES_MAX; seed++) {
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
if (failed.length > 0) process.exitCode = 1;
