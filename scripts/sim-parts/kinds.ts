import { existsSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { FAULTS } from "../../test/sim/raft/faults.ts";
import { runSimulation, type SimResult, type SimSettings } from "../../test/sim/raft/run.ts";
import { SOMETIMES } from "../../test/sim/raft/sometimes.ts";

/** A simulation that a seed drives. */
export interface SimKind {
  readonly what: string;
  /** Of the names in a result's counts: what goes wrong in its world, and the rare situations it must come to. */
  readonly faults: readonly string[];
  readonly situations: readonly string[];
  /** Seeds handed to a core at once: about a fifth of a second's work. */
  readonly sliceSeeds: number;
  /** Loads it. @throws Error when this tree does not have it. */
  load(): Promise<Run>;
}

/** One run. Throws or rejects when a promise is broken; the error's message says it all. */
export type Run = (seed: number, settings: SimSettings) => SimResult | Promise<SimResult>;

/** What the module of a simulation with storage and transport exports. */
interface FullModule {
  readonly runFullSimulation: Run;
}

const FULL_MODULE = join(import.meta.dirname, "../../test/sim/raft-full/run.ts");

export const KINDS: Readonly<Record<string, SimKind>> = {
  raft: {
    what: "Raft's core in a simulated group of 1 to 7 members",
    faults: FAULTS,
    situations: Object.keys(SOMETIMES),
    sliceSeeds: 16,
    load: async () => runSimulation,
  },
  "raft-full": {
    what: "the same with the production loop, storage and transport",
    faults: [],
    situations: [],
    sliceSeeds: 1,
    load: async () => {
      if (!existsSync(FULL_MODULE)) throw new Error("this tree has no test/sim/raft-full");
      const module = (await import(pathToFileURL(FULL_MODULE).href)) as FullModule;
      return module.runFullSimulation;
    },
  },
};
