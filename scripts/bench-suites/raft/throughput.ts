import { fork } from "node:child_process";
import { join } from "node:path";
import { cpuMs, type Group } from "./group.ts";
import type { ClientConfig, Load, LoadResult } from "./messages.ts";

const PROGRAM = join(import.meta.dirname, "put-client.ts");

/** What one run, or several together, measured. */
export interface Throughput {
  readonly putsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly errors: number;
  /** Of all members together, in microseconds for each put. */
  readonly cpuUsPerPut: number;
}

export interface Run {
  readonly results: readonly LoadResult[];
  readonly cpuMs: number;
}

/** Puts into the group's leader from `clients` processes, which share `load.inFlight` between them. */
export async function putFromOutside(group: Group, clients: number, load: Load): Promise<Run> {
  const { address } = await group.ready();
  const share = { ...load, inFlight: Math.ceil(load.inFlight / clients) };
  const beforeMs = cpuMs(group);
  const results = await Promise.all(
    Array.from({ length: clients }, () => runClient({ ...share, address, tls: group.tls })),
  );
  // The processor's time is that of the whole run, warm-up included; scaled to the part that was measured.
  const measured = load.measureMs / (load.measureMs + load.warmUpMs);
  return { results, cpuMs: (cpuMs(group) - beforeMs) * measured };
}

/** Several runs as one: rates over all the time, percentiles over all latencies. */
export function summarise(runs: readonly Run[]): Throughput {
  const rates = runs.map(({ results }) => results.reduce((sum, { puts, elapsedMs }) => sum + puts / elapsedMs, 0));
  const all = runs.flatMap(({ results }) => results);
  const puts = all.reduce((sum, one) => sum + one.puts, 0);
  const latencies = Float64Array.from(all.flatMap(({ latenciesMs }) => latenciesMs)).sort();
  const percentile = (part: number): number =>
    latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * part))] ?? Number.NaN;
  return {
    putsPerSecond: (rates.reduce((sum, rate) => sum + rate, 0) / rates.length) * 1_000,
    p50Ms: percentile(0.5),
    p99Ms: percentile(0.99),
    errors: all.reduce((sum, one) => sum + one.errors, 0),
    cpuUsPerPut: (runs.reduce((sum, run) => sum + run.cpuMs, 0) / puts) * 1_000,
  };
}

function runClient(config: ClientConfig): Promise<LoadResult> {
  return new Promise((resolve, reject) => {
    const child = fork(PROGRAM, [JSON.stringify(config)], { execArgv: ["--disable-warning=ExperimentalWarning"] });
    let result: LoadResult | null = null;
    child.once("message", (message) => {
      result = message as LoadResult;
    });
    child.once("error", reject);
    child.once("exit", (code) => {
      if (result === null) reject(new Error(`a client ended with ${code} and no result`));
      else resolve(result);
    });
  });
}
