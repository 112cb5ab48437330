import { Worker } from "node:worker_threads";
import { type Explore, UsageError } from "./command-line.ts";
import type { Report, Slice, ThreadData } from "./explorer-thread.ts";
import { KINDS, type SimKind, type Simulation } from "./kinds.ts";
import { addTally, createTally, renderTally } from "./tally.ts";

const PROGRESS_EVERY_MS = 10_000;
/** A run takes milliseconds to a few seconds. A run that takes this long will not end. */
const SEED_MS_MAX = 120_000;

/**
 * Runs seeds on all cores until the seeds or the time run out, or there are too many failures. Returns the exit code.
 */
export async function explore(command: Explore): Promise<number> {
  const kind = KINDS[command.simulation] as SimKind;
  const loaded = await loadFor(kind, command.canary);
  const { simulation, from, seeds, minutes, canary, steps } = command;
  const note = canary === "none" ? "" : `, canary ${canary}`;
  console.log(`${simulation}: seeds from ${from} on, at most ${seeds} of ${steps} steps, ${minutes} min${note}`);
  const exploration = new Exploration(command, kind);
  const interrupt = (): void => exploration.end("interrupted");
  process.once("SIGINT", interrupt).once("SIGTERM", interrupt);
  const why = await exploration.run();
  process.off("SIGINT", interrupt).off("SIGTERM", interrupt);

  console.log(renderTally(exploration.tally, loaded, exploration.tookMs));
  const { failed } = exploration;
  console.log(failed.length === 0 ? "no promise was broken" : `failing seeds: ${failed.join(" ")}`);
  if (failed.length > 0) return 1;
  return why === "interrupted" ? 130 : 0;
}

/** @throws UsageError when there is no such simulation or canary. */
export async function loadFor(kind: SimKind, canary: string): Promise<Simulation> {
  const simulation = await kind.load().catch((error: unknown) => {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  });
  if (simulation.canaries.includes(canary)) return simulation;
  throw new UsageError(`there is no canary "${canary}", only ${simulation.canaries.join(" ")}.`);
}

type End = "done" | "interrupted";

interface Thread {
  readonly worker: Worker;
  readonly current: Float64Array;
  /** The seed seen at the last look, and when that look was. */
  seen: number;
  seenAt: number;
}

class Exploration {
  readonly tally = createTally();
  readonly failed: number[] = [];
  readonly #command: Explore;
  readonly #kind: SimKind;
  readonly #began = performance.now();
  readonly #threads = new Set<Thread>();
  readonly #ended = Promise.withResolvers<End>();
  #next: number;

  constructor(command: Explore, kind: SimKind) {
    this.#command = command;
    this.#kind = kind;
    this.#next = command.from;
  }

  get tookMs(): number {
    return performance.now() - this.#began;
  }

  async run(): Promise<End> {
    for (let job = 0; job < this.#command.jobs; job++) this.#startThread();
    const timer = setInterval(() => this.#look(), PROGRESS_EVERY_MS);
    const why = await this.#ended.promise;
    clearInterval(timer);
    await Promise.all([...this.#threads].map(({ worker }) => worker.terminate()));
    return why;
  }

  end(why: End): void {
    this.#ended.resolve(why);
  }

  #startThread(): void {
    const { simulation, canary, steps } = this.#command;
    const current = new SharedArrayBuffer(Float64Array.BYTES_PER_ELEMENT);
    const workerData: ThreadData = { simulation, settings: { canary, chaosSteps: steps }, current };
    const worker = new Worker(new URL("explorer-thread.ts", import.meta.url), { workerData });
    const thread: Thread = { worker, current: new Float64Array(current), seen: -1, seenAt: performance.now() };
    this.#threads.add(thread);
    worker.on("message", (report: Report) => this.#onReport(thread, report));
    worker.on("error", (error) => {
      this.#fail(thread.current[0] ?? 0, error instanceof Error ? (error.stack ?? error.message) : String(error));
      this.end("done");
    });
    this.#giveSlice(thread);
  }

  #onReport(thread: Thread, report: Report): void {
    if (report.kind === "failed") {
      this.#fail(report.seed, report.message);
      return;
    }
    addTally(this.tally, report.tally);
    this.#giveSlice(thread);
  }

  #fail(seed: number, message: string): void {
    // What other threads find after the end was decided is not reported.
    if (this.failed.length >= this.#command.failuresMax) return;
    this.failed.push(seed);
    console.log(message);
    if (this.failed.length >= this.#command.failuresMax) this.end("done");
  }

  #giveSlice(thread: Thread): void {
    const { from, seeds, minutes } = this.#command;
    const left = from + seeds - this.#next;
    if (left <= 0 || this.tookMs >= minutes * 60_000) {
      this.#threads.delete(thread);
      void thread.worker.terminate();
      if (this.#threads.size === 0) this.end("done");
      return;
    }
    const slice: Slice = { from: this.#next, count: Math.min(left, this.#kind.sliceSeeds) };
    this.#next += slice.count;
    thread.worker.postMessage(slice);
  }

  #look(): void {
    const seconds = this.tookMs / 1_000;
    console.log(
      `${Math.round(seconds)} s: ${this.tally.seeds} seeds, ${(this.tally.seeds / seconds).toFixed(0)}/s, ${this.failed.length} failed`,
    );
    for (const thread of this.#threads) {
      const seed = thread.current[0] ?? 0;
      const now = performance.now();
      if (seed !== thread.seen) {
        thread.seen = seed;
        thread.seenAt = now;
      } else if (now - thread.seenAt >= SEED_MS_MAX) {
        this.#fail(seed, `seed ${seed}: does not end (no result in ${SEED_MS_MAX / 1_000} s)`);
        this.end("done");
      }
    }
  }
}
