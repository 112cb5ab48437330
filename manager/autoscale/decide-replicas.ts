import type { AutoscaleRules } from "../../shared/autoscale.ts";
import type { InstantMs } from "../../shared/ports/clock.ts";

/** One resource of a service's tasks: all of them together, and what each has. */
export interface Use {
  readonly what: "cpu" | "memory";
  /** What the measured tasks use together, in the unit of `each`. */
  readonly sum: number;
  /** What one task reserves, or its limit: billionths of a CPU, or bytes. */
  readonly each: number;
  readonly wantedPercent: number;
}

/** What a service's tasks use at one moment. */
export interface Look {
  readonly atMs: InstantMs;
  readonly uses: readonly Use[];
  /** Every task that there should be runs and has been measured; otherwise the use is a part of the truth. */
  readonly isComplete: boolean;
}

/** What a look calls for. */
interface Call {
  readonly atMs: InstantMs;
  readonly replicas: number;
  readonly why: string;
}

export interface ReplicasDecision {
  readonly replicas: number;
  /** In one sentence, without a full stop. */
  readonly reason: string;
}

/** So little more or less than wanted is as wanted; otherwise a service on the edge would change all the time. */
export const TOLERANCE = 0.1;
/**
 * In one step at most twice as many tasks, or so many more: a measurement that is far off costs one window until it is
 * seen, not a thousand tasks.
 */
export const STEP_FACTOR = 2;
export const STEP_MIN = 4;

/**
 * The looks at one service as far back as its windows reach, and what follows from them. It is in memory alone: a new
 * leader begins with none, and decides nothing before a window of its own is full.
 */
export class History {
  readonly #rules: AutoscaleRules;
  /** Looks further apart than this are no history: in between anything may have happened. */
  readonly #gapMsMax: number;
  #calls: Call[] = [];

  constructor(rules: AutoscaleRules, gapMsMax: number) {
    this.#rules = rules;
    this.#gapMsMax = gapMsMax;
  }

  /** Takes a look in, at a service that should have `current` tasks. @returns null = the number stays. */
  note(look: Look, current: number): ReplicasDecision | null {
    const last = this.#calls.at(-1);
    if (last !== undefined && look.atMs - last.atMs > this.#gapMsMax) this.#calls = [];
    const { replicas, why } = calledFor(this.#rules, look, current);
    this.#calls.push({ atMs: look.atMs, replicas, why });
    const reachMs = Math.max(this.#rules.upMs, this.#rules.downMs);
    // One look from before the window shows that the window is full.
    while ((this.#calls[1]?.atMs ?? look.atMs) <= look.atMs - reachMs && this.#calls.length > 1) this.#calls.shift();
    return this.#decide(look.atMs, current);
  }

  #decide(nowMs: InstantMs, current: number): ReplicasDecision | null {
    const { min, max, upMs, downMs } = this.#rules;
    const up = this.#within(nowMs, upMs);
    const fewest = up && Math.min(...up.map(({ replicas }) => replicas));
    const why = this.#calls.at(-1)?.why ?? "";
    if (fewest !== null && fewest > current) {
      const step = Math.max(current * STEP_FACTOR, current + STEP_MIN);
      const replicas = Math.min(fewest, step, max);
      if (replicas <= current) return null;
      // What more tasks change is seen for a window before there are others, or fewer.
      this.#calls = [];
      return { replicas, reason: `${why}, for ${seconds(upMs)}` };
    }
    const down = this.#within(nowMs, downMs);
    const most = down && Math.max(...down.map(({ replicas }) => replicas));
    if (most === null || most >= current) return null;
    const replicas = Math.max(most, min);
    return replicas < current ? { replicas, reason: `${why}, and no more for ${seconds(downMs)}` } : null;
  }

  /** What was called for during a window; null = the looks do not reach back so far. */
  #within(nowMs: InstantMs, windowMs: number): readonly Call[] | null {
    const sinceMs = nowMs - windowMs;
    const first = this.#calls[0];
    if (first === undefined || first.atMs > sinceMs) return null;
    return this.#calls.filter(({ atMs }) => atMs >= sinceMs);
  }
}

/**
 * How many tasks a look calls for: as many as it takes for each to use what is wanted, by the resource that takes most.
 * It does not matter how many there are, nor how many of them run already, so tasks that are about to start are not
 * called for a second time. What was not measured may use anything: never fewer than there are follow from that.
 */
export function calledFor(
  { min, max }: AutoscaleRules,
  { uses, isComplete }: Look,
  current: number,
): { readonly replicas: number; readonly why: string } {
  const calls = uses.map((use) => ({ use, replicas: neededFor(use, current) }));
  const top = calls.reduce<(typeof calls)[number] | null>(
    (best, call) => (best === null || call.replicas > best.replicas ? call : best),
    null,
  );
  if (top === null) return { replicas: current, why: "nothing was measured" };
  const wanted = isComplete ? top.replicas : Math.max(current, top.replicas);
  return { replicas: Math.min(max, Math.max(min, wanted)), why: whyOf(top.use, current) };
}

function neededFor({ sum, each, wantedPercent }: Use, current: number): number {
  const wanted = (each * wantedPercent) / 100;
  if (wanted <= 0) return current;
  const needed = sum / wanted;
  if (current > 0 && Math.abs(needed / current - 1) <= TOLERANCE) return current;
  return Math.ceil(needed);
}

function whyOf({ what, sum, each, wantedPercent }: Use, current: number): string {
  const percent = Math.round((100 * sum) / (each * Math.max(1, current)));
  return `${what} at ${percent}% instead of ${wantedPercent}%`;
}

function seconds(ms: number): string {
  return ms % 60_000 === 0 && ms > 0 ? `${ms / 60_000} min` : `${ms / 1_000} s`;
}
