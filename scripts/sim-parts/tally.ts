import type { SimResult } from "../../test/sim/raft/run.ts";
import type { Simulation } from "./kinds.ts";

/** The result of a set of runs. It is passed between threads unchanged. */
export interface Tally {
  seeds: number;
  steps: number;
  simulatedMs: number;
  /** Of the threads that ran them. */
  cpuMs: number;
  readonly counts: Map<string, number>;
}

export function createTally(): Tally {
  return { seeds: 0, steps: 0, simulatedMs: 0, cpuMs: 0, counts: new Map() };
}

export function addResult(tally: Tally, { steps, simulatedMs, counts }: SimResult): void {
  tally.seeds++;
  tally.steps += steps;
  tally.simulatedMs += simulatedMs;
  addCounts(tally, counts);
}

export function addTally(sum: Tally, part: Tally): void {
  sum.seeds += part.seeds;
  sum.steps += part.steps;
  sum.simulatedMs += part.simulatedMs;
  sum.cpuMs += part.cpuMs;
  addCounts(sum, part.counts);
}

function addCounts(tally: Tally, counts: ReadonlyMap<string, number>): void {
  for (const [what, times] of counts) tally.counts.set(what, (tally.counts.get(what) ?? 0) + times);
}

/** The end of an exploration, for people. */
export function renderTally(tally: Tally, { faults, situations }: Simulation, tookMs: number): string {
  const { seeds, steps, simulatedMs, cpuMs, counts } = tally;
  const cpuSeconds = Math.max(cpuMs, 1) / 1_000;
  const named = new Set([...faults, ...situations]);
  const others = [...counts.keys()].filter((what) => !named.has(what)).sort();
  return [
    `${seeds} seeds in ${(tookMs / 1_000).toFixed(1)} s: ${(seeds / cpuSeconds).toFixed(1)} seeds per core-second, ` +
      `${Math.round(steps / Math.max(seeds, 1))} steps each, ${Math.round(steps / cpuSeconds)} steps per core-second`,
    `${(simulatedMs / 3_600_000).toFixed(2)} hours simulated, ${Math.round(simulatedMs / 1_000 / cpuSeconds)} times real time on one core`,
    ...(faults.length === 0 ? [] : [`faults: ${list(faults, counts)}`]),
    ...(situations.length === 0 ? [] : [`sometimes: ${list(situations, counts)}`]),
    `happened: ${list(others, counts)}`,
  ].join("\n");
}

function list(names: readonly string[], counts: ReadonlyMap<string, number>): string {
  return names.map((name) => `${name}=${counts.get(name) ?? 0}`).join(" ");
}
