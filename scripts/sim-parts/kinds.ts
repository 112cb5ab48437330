import { existsSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { FAULTS } from "../../test/sim/raft/faults.ts";
import { CANARIES, type Canary } from "../../test/sim/raft/options.ts";
import { runSimulation, type SimResult } from "../../test/sim/raft/run.ts";
import { SOMETIMES } from "../../test/sim/raft/sometimes.ts";

/** A simulation that a seed drives. */
export interface SimKind {
  readonly what: string;
  /** Seeds handed to a core at once: about a fifth of a second's work. */
  readonly sliceSeeds: number;
  /** @throws Error when this tree does not have it. */
  load(): Promise<Simulation>;
}

export interface Simulation {
  /** What can be planted in its world; the first entry is nothing. */
  readonly canaries: readonly string[];
  /** Names in a result's counts: what goes wrong in its world, and the rare situations that must occur. */
  readonly faults: readonly string[];
  readonly situations: readonly string[];
  readonly run: Run;
}

export interface RunSettings {
  readonly canary: string;
  /** How long things go wrong. Only the core's simulation allows setting it. */
  readonly chaosSteps: number;
}

/** One run. Throws or rejects when a promise is broken; the error's message says everything. */
export type Run = (seed: number, settings: RunSettings) => SimResult | Promise<SimResult>;

const FULL = join(import.meta.dirname, "../../test/sim/raft-full");

/** What the modules of the simulation with storage and transport export. A copy of raft/core alone has none of it. */
interface FullModules {
  readonly runFullSimulation: (seed: number, settings: { readonly canary: string }) => Promise<SimResult>;
  readonly FULL_CANARIES: readonly string[];
  readonly FULL_FAULTS: readonly string[];
  readonly FULL_SITUATIONS: Readonly<Record<string, string>>;
}

async function loadFull(): Promise<Simulation> {
  if (!existsSync(FULL)) throw new Error("this tree has no test/sim/raft-full");
  const files = ["run.ts", "canaries.ts", "sometimes.ts"].map((file) => pathToFileURL(join(FULL, file)).href);
  const modules: unknown[] = await Promise.all(files.map((file) => import(file)));
  const full = Object.assign({}, ...modules) as FullModules;
  return {
    canaries: full.FULL_CANARIES,
    faults: full.FULL_FAULTS,
    situations: Object.keys(full.FULL_SITUATIONS),
    run: (seed, { canary }) => full.runFullSimulation(seed, { canary }),
  };
}

const ORCHESTRATION = join(import.meta.dirname, "../../test/sim/orchestration/convergence.ts");

async function loadOrchestration(): Promise<Simulation> {
  if (!existsSync(ORCHESTRATION)) throw new Error("this tree has no test/sim/orchestration");
  const module: unknown = await import(pathToFileURL(ORCHESTRATION).href);
  const { simulate } = module as { readonly simulate: (seed: number) => Promise<SimResult> };
  const run = (seed: number): Promise<SimResult> =>
    simulate(seed).catch((cause: unknown) => {
      const why = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
      const failure = new Error(`seed ${seed}: ${why}\nrun it again: scripts/sim orchestration --seed ${seed}`, {
        cause,
      });
      failure.name = "SimFailure";
      throw failure;
    });
  return { canaries: ["none"], faults: [], situations: [], run };
}

export const KINDS: Readonly<Record<string, SimKind>> = {
  raft: {
    what: "Raft's core in a simulated group of 1 to 7 members",
    sliceSeeds: 16,
    load: async () => ({
      canaries: CANARIES,
      faults: FAULTS,
      situations: Object.keys(SOMETIMES),
      run: (seed, { canary, chaosSteps }) => runSimulation(seed, { canary: canary as Canary, chaosSteps }),
    }),
  },
  "raft-full": {
    what: "the same with the production loop, storage and transport",
    sliceSeeds: 1,
    load: loadFull,
  },
  orchestration: {
    what: "the leader's loops over the real store, with failing hosts, tasks and leaders",
    sliceSeeds: 1,
    load: loadOrchestration,
  },
};
