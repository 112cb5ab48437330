import type { TaskId } from "../../shared/ids.ts";
import type { WallMs } from "../../shared/ports/clock.ts";
import { TimeSlices } from "../../shared/time-slices.ts";
import { type ControlLoop, type LoopDeps, PASS_SLICE_MS, runControlLoop } from "../control-loop.ts";
import type { Commit, WriteTx } from "../store/store-types.ts";
import { type Trouble, TroubleBook } from "../trouble.ts";
import { applyPreemption, applySchedule, type ScheduleEntry } from "./apply-schedule.ts";
import { decideSchedule, type SchedulePlan } from "./decide-schedule.ts";
import { FailureRecord } from "./failure-record.ts";
import { ScheduleBook } from "./schedule-book.ts";

/**
 * A moment in which further transactions of an orchestrator arrive: a plan for all of them costs little more than one
 * for the first. Every start waits this long, and so does every replacement of a task that failed.
 */
const QUIET_MS = 1;
const DELAY_MS_MAX = 50;
/** Tasks written in one transaction: some 5 ms with its commit; well below what a transaction may hold. */
const ENTRIES_MAX = 50;
/** Looks at nodes in one plan: some 5 ms. What is left is planned once this plan is written. */
const LOOKS_MAX = 15_000;
/** There is only one thing to look at: all groups that are worth it. */
const PENDING = "pending";

/** Finds nodes for pending tasks, or says why there is none, until the signal. */
export async function runScheduler(deps: LoopDeps, signal: AbortSignal): Promise<void> {
  const scheduler = new Scheduler(deps);
  // Subscribed before the loop itself, so that the loop asks a book that knows of the commit.
  using _subscription = deps.store.subscribe((commit) => scheduler.onCommit(commit));
  await runControlLoop(scheduler.loop, deps, signal);
}

class Scheduler {
  readonly loop: ControlLoop<typeof PENDING>;
  readonly #deps: LoopDeps;
  readonly #failures = new FailureRecord();
  readonly #troubles: TroubleBook;
  #book = new ScheduleBook();
  /** What is left of taking in all that is there; null = the book is complete. */
  #filling: Iterator<void> | null = null;
  /** What is left of learning which tasks have failed before this leadership; null = all is known. */
  #learning: Iterator<void> | null;
  #hasTroubles = false;

  constructor(deps: LoopDeps) {
    this.#deps = deps;
    this.#troubles = new TroubleBook(deps.log, deps.random);
    this.#learning = this.#failures.fill(deps.store.view().all("task"));
    this.#begin();
    this.loop = {
      name: "scheduler",
      scope: "everything",
      quietMs: QUIET_MS,
      delayMsMax: DELAY_MS_MAX,
      everything: () => [PENDING],
      concerned: () => (this.#book.hasWork ? [PENDING] : []),
      reconcile: async (key, lookAgain) => {
        const retryMs = await this.#pass();
        if (this.#book.hasWork) lookAgain(key, 0);
        if (retryMs !== null) lookAgain(key, retryMs);
      },
    };
  }

  onCommit({ changes, resync }: Commit): void {
    if (resync) this.#begin();
    const view = this.#deps.store.view();
    for (const change of changes) {
      this.#failures.note(change);
      this.#book.note(change, view);
    }
  }

  #begin(): void {
    this.#book = new ScheduleBook();
    this.#filling = this.#book.fill(() => this.#deps.store.view());
  }

  /** @returns milliseconds until what failed is worth another try; null = nothing failed. */
  async #pass(): Promise<number | null> {
    const { store, clock } = this.#deps;
    await this.#complete();
    const book = this.#book;
    const nowMs = clock.wallNow();
    this.#failures.prune(nowMs);
    if (this.#hasTroubles) book.retry(store.view());
    const nodes = store.view().all("node").length;
    const plan = decideSchedule(book, store.view(), (task) => this.#failures.serious(task, nowMs, nodes), LOOKS_MAX);
    book.accept(plan);
    const troubles = [...plan.troubles];
    this.#hasTroubles = troubles.length > 0;
    try {
      await this.#apply(plan, nowMs, troubles);
    } catch (error) {
      // Nothing is known of what was written: whatever still waits is looked at again.
      book.waiting.markAll();
      throw error;
    }
    return this.#troubles.pass(troubles);
  }

  /** Takes in what the book still lacks. A resync meanwhile begins anew. */
  async #complete(): Promise<void> {
    const slices = this.#slices("scheduler: take in everything");
    while (this.#learning !== null || this.#filling !== null) {
      if (slices.isUsedUp) await slices.rest();
      if (this.#learning?.next().done === true) this.#learning = null;
      if (this.#filling?.next().done === true) this.#filling = null;
    }
  }

  async #apply(plan: SchedulePlan, nowMs: WallMs, troubles: Trouble[]): Promise<void> {
    const { store } = this.#deps;
    const slices = this.#slices("scheduler: write a plan");
    const entries: readonly ScheduleEntry[] = [...plan.assigned, ...plan.blocked];
    const batches: Promise<void>[] = [];
    // To plan has taken a turn of its own.
    if (slices.isUsedUp) await slices.rest();
    // Each by itself: how many tasks have to go nobody knows before.
    for (const each of plan.preempted) {
      this.#deps.log.info("tasks have to stop for one of higher priority", {
        task: each.by,
        node: each.nodeId,
        victims: each.victims.join(" "),
      });
      const write = (tx: WriteTx): readonly TaskId[] => applyPreemption(tx, each);
      batches.push(store.update("schedule preemption", write).then((refused) => this.#onRefused(refused)));
    }
    for (let at = 0; at < entries.length; at += ENTRIES_MAX) {
      const batch = entries.slice(at, at + ENTRIES_MAX);
      const write = (tx: WriteTx): readonly TaskId[] => applySchedule(tx, batch, nowMs, troubles);
      batches.push(store.update("schedule tasks", write).then((refused) => this.#onRefused(refused)));
      if (slices.isUsedUp) await Promise.race([slices.rest(), Promise.all(batches)]);
    }
    await Promise.all(batches);
  }

  // What refused them may be in flight, and come to nothing without a word; others may have been found blocked by them.
  #onRefused(refused: readonly TaskId[]): void {
    if (refused.length > 0) this.#book.waiting.markAll();
  }

  #slices(label: string): TimeSlices {
    return new TimeSlices({ clock: this.#deps.clock, sliceMs: PASS_SLICE_MS, label });
  }
}
