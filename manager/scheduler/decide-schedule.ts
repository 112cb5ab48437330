import type { NodeId, TaskId } from "../../shared/ids.ts";
import type { Task } from "../../shared/objects/types.ts";
import type { GenericResource } from "../../shared/rpc/gen/objects.ts";
import type { ReadView } from "../store/store-types.ts";
import { isolate, type Trouble, troubleSentence } from "../trouble.ts";
import { explainRefusals, type Filter, filtersFor, refusalOf } from "./filters.ts";
import type { LoadBook } from "./load-book.ts";
import type { NodeLoad } from "./node-load.ts";
import type { ScheduleBook } from "./schedule-book.ts";
import { hasSlotVolumes, SlotVolumes } from "./slot-volumes.ts";
import { SpreadTree } from "./spread-tree.ts";
import { type Group, inOrder } from "./waiting-tasks.ts";

/** A task's node, and the generic resources of the node that it gets. */
export interface Assigned {
  readonly taskId: TaskId;
  readonly nodeId: NodeId;
  readonly resources: readonly GenericResource[];
}

interface Blocked {
  readonly taskId: TaskId;
  /** As people will read it. */
  readonly err: string;
}

/** Which node runs which task; it is checked against the newest state when it is applied. */
export interface SchedulePlan {
  readonly assigned: readonly Assigned[];
  /** Tasks that no node can take now, with the reason, where that is news. */
  readonly blocked: readonly Blocked[];
  /** Groups for which nothing more can be done now. */
  readonly done: readonly Group[];
  /** Groups for which there was no time left. */
  readonly rest: readonly Group[];
  /** Nodes and services over which the scheduler failed; their tasks are among `blocked`. */
  readonly troubles: readonly Trouble[];
}

/** By node, how often tasks like this one have recently failed there; only where that is serious. */
export type Failures = (task: Task) => ReadonlyMap<NodeId, number>;

/** What writing one line of the plan, and before that a placement, costs beside a look at a node. */
const LOOKS_PER_LINE = 40;

/**
 * Places the tasks of all groups that are worth a look, until `looksMax` looks at nodes are used up. Safety: what is
 * reserved on a node never exceeds what it has; every filter holds for each placement, given those before it; nodes
 * that are alike differ by at most one task of a service, and so do branches of placement preferences that are alike.
 * The book is afterwards as it was before.
 */
export function decideSchedule(
  book: ScheduleBook,
  view: ReadView,
  failures: Failures,
  looksMax = Number.POSITIVE_INFINITY,
): SchedulePlan {
  const plan = new PlanMaker(view, book.loads, failures);
  try {
    const blocked = book.roomier.size === 0 ? [] : book.waiting.blocked;
    const roomier = blocked.filter((group) => plan.mayFit(group, book.roomier));
    for (const group of inOrder([...book.waiting.marked, ...roomier])) {
      if (plan.looks >= looksMax || !plan.addGroup(group, looksMax)) plan.rest.push(group);
      else plan.done.push(group);
    }
  } finally {
    book.loads.takeBack();
  }
  return plan;
}

/** A plan in the making. */
class PlanMaker implements SchedulePlan {
  readonly assigned: Assigned[] = [];
  readonly blocked: Blocked[] = [];
  readonly done: Group[] = [];
  readonly rest: Group[] = [];
  readonly troubles: Trouble[];
  /** Looks at nodes so far, and what is worth as much. */
  looks = 0;
  readonly #view: ReadView;
  readonly #loads: LoadBook;
  readonly #failures: Failures;
  /** Made for the first task that needs it. */
  #slotVolumes: SlotVolumes | null = null;

  constructor(view: ReadView, loads: LoadBook, failures: Failures) {
    this.#view = view;
    this.#loads = loads;
    this.#failures = failures;
    this.troubles = [...loads.troubles];
  }

  /** Whether a group for which no node was found might have one of these. */
  mayFit(group: Group, nodeIds: ReadonlySet<NodeId>): boolean {
    const sample = this.#sampleOf(group);
    if (sample === undefined || (group.nodeId !== "" && !nodeIds.has(group.nodeId))) return false;
    // A fault shows when the group is looked at, and is told then.
    return isolate([], "", () => this.#fitsOneOf(sample, group.nodeId === "" ? nodeIds : [group.nodeId]), true);
  }

  /** @returns false = there is more to do than `looksMax` allows. */
  addGroup(group: Group, looksMax: number): boolean {
    const sample = this.#sampleOf(group);
    if (sample === undefined) return true;
    const about = `service ${sample.serviceId}`;
    const [assigned, blocked] = [this.assigned.length, this.blocked.length];
    const place = (): boolean => (group.nodeId === "" ? this.#place(group, sample, looksMax) : this.#confirm(sample));
    const isDone = isolate(this.troubles, about, place, null);
    if (isDone !== null) return isDone;
    this.assigned.length = assigned;
    this.blocked.length = blocked;
    for (const { id } of group.tasks) this.#block(id, troubleSentence(this.troubles.at(-1)?.error));
    return true;
  }

  #filtersFor(task: Task): readonly Filter[] {
    if (!hasSlotVolumes(task)) return filtersFor(task);
    this.#slotVolumes ??= new SlotVolumes(this.#view.all("node"));
    return [...this.#slotVolumes.filtersFor(task), ...filtersFor(task)];
  }

  #fitsOneOf(sample: Task, nodeIds: Iterable<NodeId>): boolean {
    const filters = this.#filtersFor(sample);
    for (const nodeId of nodeIds) {
      this.looks++;
      const load = this.#loads.get(nodeId);
      if (load !== undefined && refusalOf(filters, load) === null) return true;
    }
    return false;
  }

  /** A task that has its node already: the node may refuse it all the same. */
  #confirm(task: Task): boolean {
    const filters = this.#filtersFor(task);
    const load = task.nodeId === "" ? undefined : this.#loads.get(task.nodeId);
    const own = load === undefined ? [] : [load];
    const refusal = load === undefined ? null : refusalOf(filters, load);
    if (refusal?.error !== undefined) this.#note(task, [refusal.error]);
    if (load !== undefined && refusal === null) this.#assign(task, load);
    else this.#block(task.id, explainRefusals(filters, own));
    return true;
  }

  #place(group: Group, sample: Task, looksMax: number): boolean {
    const filters = this.#filtersFor(sample);
    const tree = new SpreadTree(this.#loads, { sample, filters, failures: this.#failures(sample) });
    let explanation: string | null = null;
    let counted = 0;
    for (const { id } of group.tasks) {
      const best = tree.best();
      this.looks += tree.looks - counted;
      counted = tree.looks;
      if (best === null) {
        // The same for all that are left, since nothing more is placed in between.
        explanation ??= this.#explain(filters);
        this.#block(id, explanation);
      } else {
        const task = this.#view.get("task", id);
        if (task === undefined) continue;
        this.#assign(task, best.standing.load);
        tree.place(best);
      }
      if (this.looks >= looksMax && id !== group.tasks.last?.id) return false;
    }
    this.#note(sample, tree.troubles);
    return true;
  }

  #assign(task: Task, load: NodeLoad): void {
    this.looks += LOOKS_PER_LINE;
    this.assigned.push({ taskId: task.id, nodeId: load.node.id, resources: this.#loads.try(load, task) });
  }

  #block(taskId: TaskId, err: string): void {
    if (this.#view.get("task", taskId)?.status.err === err) return;
    this.looks += LOOKS_PER_LINE;
    this.blocked.push({ taskId, err });
  }

  #explain(filters: readonly Filter[]): string {
    const nodes = this.#view.all("node");
    this.looks += nodes.length;
    return explainRefusals(
      filters,
      nodes.flatMap(({ id }) => this.#loads.get(id) ?? []),
    );
  }

  #note({ serviceId }: Task, errors: readonly unknown[]): void {
    for (const error of errors) this.troubles.push({ about: `service ${serviceId}`, error });
  }

  /** As it is now: the filters look into parts that may have changed while it waited. */
  #sampleOf({ tasks }: Group): Task | undefined {
    return tasks.first && this.#view.get("task", tasks.first.id);
  }
}
