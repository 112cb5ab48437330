import type { NodeId, TaskId } from "../shared/ids.ts";
import type { Task } from "../shared/objects/types.ts";
import type { Clock } from "../shared/ports/clock.ts";
import { TimeSlices } from "../shared/time-slices.ts";
import { PASS_SLICE_MS } from "./control-loop.ts";
import { decideSchedule } from "./scheduler/decide-schedule.ts";
import { ScheduleBook } from "./scheduler/schedule-book.ts";
import type { ReadView, Store } from "./store/store-types.ts";
import { TrialView } from "./trial-view.ts";

/** Where the scheduler would put a task, or why nowhere. */
export interface Trial {
  readonly nodeId: NodeId | "";
  /** "" = it has a node. */
  readonly whyNot: string;
}

/** A task that comes, PENDING, and those of its slot that go for it. */
export interface TrialMove {
  readonly made: Task;
  readonly old: readonly Task[];
}

export interface TrialMoves {
  /** Tasks that go whatever comes. */
  readonly gone: readonly Task[];
  readonly moves: readonly TrialMove[];
  /** How many tasks come before those go that they replace; 0 = those go first. */
  readonly besideOld: number;
}

const NO_FAILURES: ReadonlyMap<NodeId, number> = new Map();

/**
 * What the scheduler knows, gathered for one question. The scheduler's own book stays out of it: a fault in a plan that
 * somebody asked for must not reach what decides about real tasks.
 */
export class TrialSchedule {
  readonly #book: ScheduleBook;

  private constructor(book: ScheduleBook) {
    this.#book = book;
  }

  /**
   * Gathers everything in slices, between which others commit; `use` is called in the turn in which the book is
   * complete, with the view that it agrees with.
   */
  static async with<T>(
    { store, clock }: { readonly store: Store; readonly clock: Clock },
    signal: AbortSignal,
    use: (schedule: TrialSchedule, view: ReadView) => T,
  ): Promise<T> {
    const slices = new TimeSlices({ clock, sliceMs: PASS_SLICE_MS, label: "plan: take in everything" });
    let book = new ScheduleBook();
    let filling = book.fill(() => store.view());
    using _subscription = store.subscribe(({ changes, resync }) => {
      if (resync) {
        book = new ScheduleBook();
        filling = book.fill(() => store.view());
      }
      const view = store.view();
      for (const change of changes) book.note(change, view);
    });
    while (filling.next().done !== true) if (slices.isUsedUp) await slices.rest(signal);
    return use(new TrialSchedule(book), store.view());
  }

  /**
   * Places the tasks, those that need room beside their old ones first: only where one of these finds its place, its
   * old one goes and makes room for the rest. What failed where of late is not counted.
   */
  place(base: ReadView, { gone, moves, besideOld }: TrialMoves): ReadonlyMap<TaskId, Trial> {
    const view = new TrialView(base);
    const trials = new Map<TaskId, Trial>();
    for (const task of gone) this.#takeAway(view, task);
    const [beside, rest] = [moves.slice(0, besideOld), moves.slice(besideOld)];
    this.#decide(view, beside, trials);
    for (const { made, old } of beside) {
      const hasPlace = trials.get(made.id)?.nodeId !== "";
      for (const task of hasPlace ? old : [made]) this.#takeAway(view, task);
    }
    if (besideOld === 0) for (const { old } of rest) for (const task of old) this.#takeAway(view, task);
    this.#decide(view, rest, trials);
    return trials;
  }

  #decide(view: TrialView, moves: readonly TrialMove[], trials: Map<TaskId, Trial>): void {
    if (moves.length === 0) return;
    for (const { made } of moves) {
      view.put(made);
      this.#book.waiting.look(made.id, made);
    }
    const { assigned, blocked } = decideSchedule(this.#book, view, () => NO_FAILURES);
    for (const { taskId, err } of blocked) trials.set(taskId, { nodeId: "", whyNot: err });
    for (const { taskId, nodeId, resources } of assigned) {
      trials.set(taskId, { nodeId, whyNot: "" });
      const task = view.get("task", taskId);
      if (task !== undefined) this.#settle(view, { ...task, nodeId, genericResources: resources });
    }
  }

  #takeAway(view: TrialView, task: Task): void {
    view.takeAway(task);
    this.#book.waiting.look(task.id, undefined);
    if (task.nodeId !== "") this.#book.loads.lookAtTask(view, task.id, task.nodeId);
  }

  #settle(view: TrialView, task: Task): void {
    const settled: Task = { ...task, status: { ...task.status, state: "ASSIGNED" } };
    view.put(settled);
    this.#book.waiting.look(task.id, settled);
    if (task.nodeId !== "") this.#book.loads.lookAtTask(view, task.id, task.nodeId);
  }
}
