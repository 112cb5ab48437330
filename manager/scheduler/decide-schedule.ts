import type { NodeId, TaskId } from "../../shared/ids.ts";
import { priorityOf } from "../../shared/objects/priority.ts";
import type { Cluster, Task } from "../../shared/objects/types.ts";
import type { GenericResource } from "../../shared/rpc/gen/objects.ts";
import type { Strategy } from "../../shared/service-spec/strategies.ts";
import type { ReadView } from "../store/store-types.ts";
import { takesTasks } from "../tasks/node-fitness.ts";
import { byAge } from "../tasks/slots.ts";
import { isolate, type Trouble, troubleSentence } from "../trouble.ts";
import { affinitiesOf, isOfOwn } from "./affinity-filters.ts";
import type { Claims } from "./claims.ts";
import type { Filter } from "./filter.ts";
import { explainRefusals, filtersFor, refusalOf } from "./filters.ts";
import type { LoadBook } from "./load-book.ts";
import { Neighbourhood } from "./neighbours.ts";
import type { NodeLoad } from "./node-load.ts";
import { type Preempted, Preemptor, type Promised } from "./preemption.ts";
import { withoutRoomOf } from "./reserved-room.ts";
import type { ScheduleBook } from "./schedule-book.ts";
import { hasSlotVolumes, SlotVolumes } from "./slot-volumes.ts";
import { SpreadTree } from "./spread-tree.ts";
import { type Group, inOrder, isWaiting } from "./waiting-tasks.ts";
import { wishesOf } from "./wishes.ts";

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
  /** Tasks that are to stop for others, which wait for them. */
  readonly preempted: readonly Preempted[];
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
  const plan = new PlanMaker(view, book, failures);
  try {
    plan.keepClaims(book.claims);
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
  readonly #neighbours: Neighbourhood;
  readonly #failures: Failures;
  readonly #preemptor: Preemptor;
  /** Tasks for which others are stopping. */
  readonly #claims = new Map<TaskId, Promised>();
  /** Tasks that have got the room that was made for them. */
  readonly #settled = new Set<TaskId>();
  /** Made for the first task that needs it. */
  #slotVolumes: SlotVolumes | null = null;

  constructor(view: ReadView, { loads, avoiders }: ScheduleBook, failures: Failures) {
    this.#view = view;
    this.#loads = loads;
    this.#neighbours = new Neighbourhood(view, loads, avoiders);
    this.#failures = failures;
    this.#preemptor = new Preemptor(view);
    this.troubles = [...loads.troubles];
  }

  get preempted(): readonly Preempted[] {
    return this.#preemptor.made;
  }

  /**
   * Room that others make for a task by stopping is used already, as far as the rest of the plan is concerned. Once all
   * of them are over, the task gets it.
   */
  keepClaims(claims: Claims): void {
    const open = [...claims.all()].flatMap(({ by, nodeId, victims }) => {
      const [task, load] = [this.#view.get("task", by), this.#loads.get(nodeId)];
      // A node that takes no tasks any more keeps nothing for anybody: then the task is placed like any other.
      if (task === undefined || !isWaiting(task) || load === undefined || !takesTasks(load.node)) return [];
      return [{ task, load, stopping: [...victims].flatMap((id) => load.taskOf(id) ?? []) }];
    });
    const busy = new Set(open.flatMap(({ load, stopping }) => (stopping.length > 0 ? [load] : [])));
    for (const { task, load, stopping } of open) if (stopping.length > 0) this.#claim(task, load, stopping);
    for (const { task, load, stopping } of open.toSorted((a, b) => byPriority(a.task, b.task))) {
      if (stopping.length > 0 || this.#claims.has(task.id) || this.#settled.has(task.id)) continue;
      if (isolate([], "", () => refusalOf(this.#filtersFor(task), load) === null, false)) {
        this.#settled.add(task.id);
        this.#assign(task, load);
      } else if (busy.has(load)) {
        // What it lacks, victims of others may leave. Where nobody stops any more, nothing is to be waited for.
        this.#claim(task, load, []);
      }
    }
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
    const filters = filtersFor(task, this.#neighbours);
    if (!hasSlotVolumes(task)) return filters;
    this.#slotVolumes ??= new SlotVolumes(this.#view.all("node"));
    return [...this.#slotVolumes.filtersFor(task), ...filters];
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
    if (this.#settled.has(task.id)) return true;
    if (this.#claims.has(task.id)) this.#block(task.id, this.#waitsFor(task.id));
    else if (load !== undefined && refusal === null) this.#assign(task, load);
    else if (this.#preempt(task, filters, own)) this.#block(task.id, this.#waitsFor(task.id));
    else this.#block(task.id, explainRefusals(filters, own));
    return true;
  }

  #place(group: Group, sample: Task, looksMax: number): boolean {
    const filters = this.#filtersFor(sample);
    const tree = new SpreadTree(this.#loads, {
      sample,
      filters,
      isFickle: affinitiesOf(sample).some((affinity) => !affinity.soft && isOfOwn(sample, affinity)),
      failures: this.#failures(sample),
      wishes: wishesOf(sample, this.#neighbours),
      strategy: strategyOf(sample, this.#view.cluster()),
    });
    let explanation: string | null = null;
    let counted = 0;
    for (const { id } of group.tasks) {
      if (this.#claims.has(id)) this.#block(id, this.#waitsFor(id));
      if (this.#claims.has(id) || this.#settled.has(id)) continue;
      const best = tree.best();
      this.looks += tree.looks - counted;
      counted = tree.looks;
      if (best === null && explanation === null) {
        if (this.#preemptor.isUsedUp) return false;
        const task = this.#view.get("task", id);
        if (task !== undefined && this.#preempt(task, filters, this.#allLoads())) {
          this.#block(id, this.#waitsFor(id));
          continue;
        }
      }
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
    this.#neighbours.place(task.serviceId, load);
  }

  #block(taskId: TaskId, err: string): void {
    if (this.#view.get("task", taskId)?.status.err === err) return;
    this.looks += LOOKS_PER_LINE;
    this.blocked.push({ taskId, err });
  }

  #explain(filters: readonly Filter[]): string {
    const loads = this.#allLoads();
    this.looks += loads.length;
    return explainRefusals(filters, loads);
  }

  #allLoads(): readonly NodeLoad[] {
    return this.#view.all("node").flatMap(({ id }) => this.#loads.get(id) ?? []);
  }

  /** @returns whether others stop for the task, which waits for that. */
  #preempt(task: Task, filters: readonly Filter[], loads: readonly NodeLoad[]): boolean {
    if (!this.#view.cluster().spec.preemption) return false;
    const before = this.#preemptor.looks;
    const made = this.#preemptor.makeRoom(task, filters, loads, this.#claims);
    this.looks += this.#preemptor.looks - before;
    if (made !== null) this.#claim(task, made.load, made.victims);
    return made !== null;
  }

  #claim(task: Task, load: NodeLoad, stopping: readonly Task[]): void {
    this.#loads.try(load, withoutRoomOf(task, stopping));
    this.#neighbours.place(task.serviceId, load);
    this.#claims.set(task.id, { task, load });
  }

  #waitsFor(taskId: TaskId): string {
    const node = this.#claims.get(taskId)?.load.node;
    return `waiting for tasks of lower priority to stop on ${node?.description?.hostname ?? node?.id}`;
  }

  #note({ serviceId }: Task, errors: readonly unknown[]): void {
    for (const error of errors) this.troubles.push({ about: `service ${serviceId}`, error });
  }

  /** As it is now: the filters look into parts that may have changed while it waited. */
  #sampleOf({ tasks }: Group): Task | undefined {
    return tasks.first && this.#view.get("task", tasks.first.id);
  }
}

/** A service that does not say it follows the cluster, at once and for what is placed from now on. */
function strategyOf({ spec }: Task, cluster: Cluster): Strategy {
  return (spec.placement?.strategy || cluster.spec.placementStrategy) === "binpack" ? "binpack" : "spread";
}

const byPriority = (a: Task, b: Task): number =>
  priorityOf(b.spec.placement) - priorityOf(a.spec.placement) || byAge(a, b);
