import { PerformanceObserver } from "node:perf_hooks";
import { setImmediate as turn } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/**
 * Processor time of this thread so far, in milliseconds: other programs do not count, unlike by the clock. The kernel
 * brings the account of a thread that runs up to date only at its ticks, unless somebody asks for the whole process.
 */
export function cpuMs(): number {
  process.cpuUsage();
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

/**
 * Collects what all measurements before have left behind. Otherwise the engine does so piece by piece while the loop
 * waits, on this thread, and whoever waits longest pays for worlds that others threw away.
 */
export function collectGarbage(): void {
  setFlagsFromString("--expose-gc");
  runInNewContext("gc")();
}

/** Turns of the event loop that are long enough to ask how much of each was spent on collecting garbage. */
const LONG_MS = 1;

interface LongTurn {
  readonly beganMs: number;
  readonly endedMs: number;
  readonly computedMs: number;
}

/** What a turn of the event loop was held for, in milliseconds of processor time. */
export interface LongestTurn {
  /** By work: what the garbage collector took is not in it. */
  readonly workMs: number;
  /** With the garbage collector's pauses, which depend on all that was computed before. */
  readonly allMs: number;
}

/** Measures each turn of the event loop until it is told to stop. It never lets the loop rest. */
export class TurnMeter {
  #longestMs = 0;
  #long: LongTurn[] = [];
  #pauses: { readonly startTime: number; readonly duration: number }[] = [];
  #lastMs = cpuMs();
  #lastAtMs = performance.now();
  #next = setImmediate(() => this.#turn());
  readonly #observer = new PerformanceObserver((list) => void this.#pauses.push(...list.getEntries()));

  constructor() {
    this.#observer.observe({ entryTypes: ["gc"] });
  }

  /** The longest turn since the last call. */
  async take(): Promise<LongestTurn> {
    // Pauses of the collector are told some turns later.
    for (let count = 0; count < 3; count++) await turn();
    this.#pauses.push(...this.#observer.takeRecords());
    const workMs = this.#long.map(({ beganMs, endedMs, computedMs }) => {
      const within = this.#pauses.filter(({ startTime }) => startTime >= beganMs && startTime < endedMs);
      const pausedMs = within.reduce((sum, { duration }) => sum + duration, 0);
      return Math.max(0, computedMs - pausedMs);
    });
    const longest = { workMs: Math.max(0, ...workMs), allMs: this.#longestMs };
    this.#longestMs = 0;
    this.#long = [];
    this.#pauses = [];
    this.#lastMs = cpuMs();
    this.#lastAtMs = performance.now();
    return { ...longest, workMs: workMs.length === 0 ? longest.allMs : longest.workMs };
  }

  stop(): void {
    clearImmediate(this.#next);
    this.#observer.disconnect();
  }

  #turn(): void {
    const [nowMs, atMs] = [cpuMs(), performance.now()];
    const computedMs = nowMs - this.#lastMs;
    this.#longestMs = Math.max(this.#longestMs, computedMs);
    if (computedMs > LONG_MS) this.#long.push({ beganMs: this.#lastAtMs, endedMs: atMs, computedMs });
    this.#lastMs = nowMs;
    this.#lastAtMs = atMs;
    this.#next = setImmediate(() => this.#turn());
  }
}
