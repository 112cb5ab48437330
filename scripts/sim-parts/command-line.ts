import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { CANARIES, CHAOS_STEPS } from "../../test/sim/raft/options.ts";
import { KINDS } from "./kinds.ts";

export const HELP = `Usage: scripts/sim COMMAND

Deterministic simulations: everything in a run follows from its seed, so whatever fails can be seen again.

  raft       ${KINDS["raft"]?.what}
  raft-full  ${KINDS["raft-full"]?.what}
  orchestration  ${KINDS["orchestration"]?.what}
      --seed N        this run, and its trace hash
      --seeds K       explore K seeds on all cores (default 1000; with --minutes as many as fit)
      --minutes M     for at most M minutes (default 10)
      --from N        from this seed on (default: seeds that nobody has run before, from the clock)
      --steps S       length of the part in which things go wrong (default ${CHAOS_STEPS})
      --failures F    end after F failing seeds (default 5)
      --jobs J        cores to use (default all: ${availableParallelism()})
      --canary NAME   with a fault planted in the world; of raft: ${CANARIES.filter((name) => name !== "none").join(" ")}
  canaries   plant each known bug in a copy of raft/core or manager and show who finds it
      --only NAME     this one
      --seeds K       simulated seeds for each in raft/core (default 400)

  scripts/sim raft --seed 4711                  the run with seed 4711, event by event the same each time
  scripts/sim raft --seeds 10000 --minutes 5    explore for five minutes or ten thousand seeds
  scripts/sim raft --seeds 50 --steps 100000    few long lives instead of many short ones
  scripts/sim raft --seed 3 --canary lyingDisk  must fail
  scripts/sim canaries --only twoVotes

It ends with 0 when all promises were kept, 1 when one was broken, 2 when called wrongly, 130 on Ctrl-C.`;

export interface Replay {
  readonly kind: "replay";
  readonly simulation: string;
  readonly seed: number;
  readonly steps: number;
  readonly canary: string;
}

export interface Explore {
  readonly kind: "explore";
  readonly simulation: string;
  readonly from: number;
  readonly seeds: number;
  readonly minutes: number;
  readonly steps: number;
  readonly canary: string;
  readonly failuresMax: number;
  readonly jobs: number;
}

export interface Canaries {
  readonly kind: "canaries";
  /** null: all. */
  readonly only: string | null;
  readonly seeds: number;
}

export type Command = { readonly kind: "help" } | Replay | Explore | Canaries;

/** The command line makes no sense; the message says why. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** Seeds are 32 bits wide. */
const SEED_MAX = 2 ** 32 - 1;
const DEFAULT_SEEDS = 1_000;
const DEFAULT_MINUTES = 10;
/** Half of all, so that an exploration that begins anywhere has room for as many again. */
const FRESH_SEED_BOUND = 2 ** 31;
/** After this many failures the rest will hardly show more. */
const DEFAULT_FAILURES = 5;
/** Four seconds' worth. A canary that survives this many is rare; transcripts and unit tests must find it. */
const DEFAULT_CANARY_SEEDS = 400;

/** @throws UsageError. */
export function readCommandLine(args: readonly string[]): Command {
  const { values, positionals } = parse(args);
  const [name, ...rest] = positionals;
  if (values.help === true || name === "help" || name === undefined) return { kind: "help" };
  if (rest.length > 0) throw new UsageError(`what is "${rest.join(" ")}"?`);
  const count = (text: string | undefined, ifNone: number, max = Number.MAX_SAFE_INTEGER): number => {
    const value = text === undefined ? ifNone : Number(text);
    if (!Number.isSafeInteger(value) || value < 1 || value > max)
      throw new UsageError(`"${text}" is not a number from 1 to ${max}.`);
    return value;
  };
  if (name === "canaries") {
    return { kind: "canaries", only: values.only ?? null, seeds: count(values.seeds, DEFAULT_CANARY_SEEDS) };
  }
  if (KINDS[name] === undefined) throw new UsageError(`there is no simulation "${name}".`);
  const canary = values.canary ?? "none";
  const steps = count(values.steps, CHAOS_STEPS);
  if (values.seed !== undefined) {
    return { kind: "replay", simulation: name, seed: count(values.seed, 1, SEED_MAX), steps, canary };
  }
  const minutes = Number(values.minutes ?? DEFAULT_MINUTES);
  if (!(minutes > 0)) throw new UsageError(`"${values.minutes}" is not a number of minutes.`);
  const from = count(values.from, freshSeed(), SEED_MAX);
  const everything = values.minutes === undefined ? DEFAULT_SEEDS : SEED_MAX;
  return {
    kind: "explore",
    simulation: name,
    from,
    seeds: Math.min(count(values.seeds, everything), SEED_MAX - from + 1),
    minutes,
    steps,
    canary,
    failuresMax: count(values.failures, DEFAULT_FAILURES),
    jobs: count(values.jobs, availableParallelism()),
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        help: { type: "boolean", short: "h" },
        seed: { type: "string" },
        seeds: { type: "string" },
        minutes: { type: "string" },
        from: { type: "string" },
        steps: { type: "string" },
        failures: { type: "string" },
        jobs: { type: "string" },
        canary: { type: "string" },
        only: { type: "string" },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

/** A thousand new seeds for every second; they repeat after 25 days. */
function freshSeed(): number {
  return 1 + (Date.now() % FRESH_SEED_BOUND);
}
