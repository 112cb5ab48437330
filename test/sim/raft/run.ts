import type { Random } from "../../../shared/ports/random.ts";
import { seededRandom } from "../../../shared/ports/seeded-random.ts";
import { startFaults } from "./faults.ts";
import { demandProgress } from "./liveness.ts";
import { CHAOS_STEPS, type Draw, describeOptions, drawOptions, type SimOptions } from "./options.ts";
import { SimWorld } from "./sim-world.ts";
import { drawSurvivors } from "./survivors.ts";
import { TraceHash } from "./trace-hash.ts";

export interface SimResult {
  readonly seed: number;
  /** What the seed drew, in one line. */
  readonly options: string;
  readonly hash: string;
  /** Things that took place one by one: deliveries, ticks, ends of writes, faults. */
  readonly steps: number;
  readonly simulatedMs: number;
  /** How often each kind of thing happened. */
  readonly counts: ReadonlyMap<string, number>;
}

/** A run that went wrong, with everything needed to see it again. */
export class SimFailure extends Error {
  override readonly name = "SimFailure";
  readonly seed: number;

  constructor(options: SimOptions, trace: TraceHash, cause: unknown) {
    const why = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
    const { seed, canary, chaosSteps } = options;
    const again = [
      `scripts/sim raft --seed ${seed}`,
      ...(canary === "none" ? [] : [`--canary ${canary}`]),
      ...(chaosSteps === CHAOS_STEPS ? [] : [`--steps ${chaosSteps}`]),
    ];
    const lines = [
      `seed ${seed}: ${why}`,
      `run it again: ${again.join(" ")}`,
      `options: ${describeOptions(options)}`,
      ...trace.recent.slice(-60),
    ];
    super(lines.join("\n"), { cause });
    this.seed = seed;
  }
}

export interface SimSettings extends Draw {
  /** Keep the last events as text. Runs that fail are run once more with it. */
  readonly keepLines?: boolean;
}

/**
 * One run. First anything may go wrong and nothing may ever be false. Then enough of the members are well for ever and
 * the rest is dead, and they must come to be right; then everyone. @throws SimFailure.
 */
export function runSimulation(seed: number, settings: SimSettings = {}): SimResult {
  const random = seededRandom(seed, "raft simulation");
  const options = drawOptions(seed, random.fork("options"), settings);
  let now = (): number => 0;
  const trace = new TraceHash(() => now(), settings.keepLines ?? false);
  try {
    const world = new SimWorld(options, random.fork("world"), trace);
    now = () => world.queue.now;
    startFaults(world, random.fork("faults"));
    while (world.queue.steps < options.chaosSteps && world.queue.runNext(Number.MAX_SAFE_INTEGER)) {
      // The checkers look after each step.
    }
    converge(world, random.fork("survivors"));
    trace.count(`history_${world.clients.check()}`);
    return {
      seed,
      options: describeOptions(options),
      hash: trace.hash,
      steps: world.queue.steps,
      simulatedMs: world.queue.now,
      counts: trace.counts,
    };
  } catch (error) {
    // Once more with words: lines cost more than the run itself, so they are only made for runs that fail.
    if (settings.keepLines !== true) runSimulation(seed, { ...settings, keepLines: true });
    throw new SimFailure(options, trace, error);
  }
}

function converge(world: SimWorld, random: Random): void {
  world.calm();
  world.letLive(null);
  const survivors = world.options.coreFirst ? drawSurvivors(world, random) : null;
  if (survivors !== null) {
    world.letLive(survivors);
    world.trace.note(`survivors ${[...survivors].join(" ")}`);
    demandProgress(world);
    world.letLive(null);
  }
  demandProgress(world);
  world.trace.count("converged");
}
