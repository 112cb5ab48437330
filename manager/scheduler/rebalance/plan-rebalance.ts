import type { NodeId } from "../../../shared/ids.ts";
import { mustHave } from "../../../shared/invariant.ts";
import { isRunnable } from "../../../shared/objects/task-state.ts";
import type { Service, Task } from "../../../shared/objects/types.ts";
import type { WallMs } from "../../../shared/ports/clock.ts";
import type { ReadView } from "../../store/store-types.ts";
import { isPlaced } from "../../tasks/host-ports.ts";
import { isJob } from "../../tasks/jobs.ts";
import { goalOf, isMoving } from "../../tasks/leaving.ts";
import { takesTasks } from "../../tasks/node-fitness.ts";
import type { PlannedMove, RebalancePlan } from "../../tasks/planned-move.ts";
import { endedAtMs, endedByItself } from "../../tasks/restart-rules.ts";
import { byAge, isGlobal } from "../../tasks/slots.ts";
import { isolate } from "../../trouble.ts";
import { FAILURE_WINDOW_MS } from "../failure-record.ts";
import type { Filter } from "../filter.ts";
import { filtersFor, refusalOf } from "../filters.ts";
import type { Neighbours } from "../neighbours.ts";
import { NodeLoad } from "../node-load.ts";
import { type Members, type MoveRules, membersOf, namedNeighbours } from "./members.ts";
import { NodeIndex } from "./node-index.ts";
import { type BalanceSubject, bestMove, type Improvement, reasonOf } from "./service-balance.ts";

/** Services with affinities, and those that affinities are to, stay: of the others nobody asks who is near. */
const NO_NEIGHBOURS: Neighbours = {
  idOf: () => undefined,
  near: () => 0,
  isAnywhere: () => false,
  avoidersOf: () => [],
};
/** Uneven services that are named; more nobody reads. */
const UNEVEN_MAX = 100;

/**
 * The moves that even out the load, by the scheduler's own measures and in their order: each service over the labels it
 * prefers, then over nodes, then the number of all tasks of a node. Each move passes all filters, given those before
 * it, so none goes where the scheduler would not place the task. Nothing is moved for a gain below the least one, and
 * moving stops where nothing gains (service-balance.ts says why). A task moves once in a plan; where that makes room in
 * a strange way, planning again after all moves were made may move it on.
 *
 * A generator, so that the caller can let others go on between its steps; every object is read when its turn comes.
 * What it says may be outdated by then: whoever makes a move checks it against the newest state.
 */
export function* planRebalance(
  view: () => ReadView,
  rules: MoveRules,
  nowMs: WallMs,
): Generator<void, RebalancePlan, void> {
  const planner = new Planner(rules, nowMs);
  for (const { id } of view().all("node")) {
    planner.takeNode(view(), id);
    yield;
  }
  planner.assumeMoved(view());
  planner.noteNeighbours(view());
  const ids = view()
    .all("service")
    .filter((service) => !isGlobal(service) && !isJob(service))
    .map(({ id }) => id);
  // Only what all services' own counts leave is measured by nodes: else tasks would move for nodes that others leave.
  for (const measure of ["service", "all"] as const) {
    for (let isNew = true; isNew && !planner.isFull; ) {
      isNew = false;
      for (const id of ids) {
        const service = view().get("service", id);
        if (service === undefined) continue;
        if (yield* planner.improve(view(), service, measure)) isNew = true;
      }
    }
  }
  return planner;
}

class Planner implements RebalancePlan {
  readonly moves: PlannedMove[] = [];
  readonly uneven: { readonly service: Service; readonly reason: string }[] = [];
  readonly #rules: MoveRules;
  readonly #nowMs: WallMs;
  readonly #nodes = new NodeIndex();
  readonly #members = new Map<string, Members>();
  readonly #moving: (Task & { readonly move: NonNullable<Task["move"]> })[] = [];

  #neighbours: ReadonlySet<string> = new Set();

  constructor(rules: MoveRules, nowMs: WallMs) {
    this.#rules = rules;
    this.#nowMs = nowMs;
  }

  get isFull(): boolean {
    return this.moves.length >= this.#rules.movesMax;
  }

  noteNeighbours(view: ReadView): void {
    this.#neighbours = namedNeighbours(view);
  }

  takeNode(view: ReadView, nodeId: NodeId): void {
    const node = view.get("node", nodeId);
    if (node === undefined) return;
    const tasks = view.tasksOfNode(nodeId);
    try {
      this.#nodes.add(new NodeLoad(node, tasks));
    } catch {
      // What is wrong with it the scheduler shows; here it neither loses nor gets a task.
      return;
    }
    this.#moving.push(...tasks.filter(isMoving));
  }

  /** Counts tasks that are moving where they go to, whether or not their successors are there yet. */
  assumeMoved(view: ReadView): void {
    for (const task of this.#moving) {
      const goal = this.#nodes.get(goalOf(task));
      const from = task.nodeId === "" ? undefined : this.#nodes.get(task.nodeId);
      if (from !== undefined) this.#nodes.change(from, task.serviceId, () => from.remove(task.id));
      const isThere = view
        .tasksOfService(task.serviceId)
        .some((heir) => heir.slot === task.slot && heir.nodeId === goal?.node.id && isRunnable(heir) && isPlaced(heir));
      if (isThere || goal === undefined) continue;
      this.#nodes.change(goal, task.serviceId, () => goal.add(asOn(task, goal.node.id)));
    }
  }

  /** Adds the service's moves, one with each step. @returns whether there were any. */
  *improve(view: ReadView, service: Service, measure: "service" | "all"): Generator<void, boolean> {
    const before = this.moves.length;
    // What is wrong with a service shows where its tasks are made and placed; here it is left alone.
    const moves = isolate([], "", () => this.#movesOf(view, service, measure), null);
    while (moves !== null && isolate([], "", () => moves.next().done !== true, false)) yield;
    yield;
    return this.moves.length > before;
  }

  *#movesOf(view: ReadView, service: Service, measure: "service" | "all"): Generator<void> {
    const members = this.#membersOf(view, service);
    const sample = [...members.movable.values(), ...members.kept.values()].find((tasks) => tasks.length > 0)?.[0];
    if (sample === undefined) return;
    const filters = filtersFor(sample, NO_NEIGHBOURS);
    const failed = this.#failedOn(view, service);
    /** Of nodes that were asked for, until a move changes them. */
    const known = new Map<NodeLoad, boolean>();
    const isTarget = (load: NodeLoad): boolean => {
      let is = known.get(load);
      if (is === undefined) {
        is = !failed.has(load.node.id) && this.#isTarget(load, filters);
        known.set(load, is);
      }
      return is;
    };
    const subject = { service, nodes: this.#nodes, movable: members.movable, isTarget };
    while (!this.isFull) {
      const found = bestMove(subject, this.#rules.gainMin);
      if (found === null || (measure === "service" && found.decisive === found.gains.length - 1)) break;
      this.#make(subject, found);
      for (const load of [found.from, found.to]) known.delete(load);
      yield;
    }
    if (measure === "service") this.#noteIfUneven({ ...subject, movable: members.kept }, members);
  }

  #membersOf(view: ReadView, service: Service): Members {
    let members = this.#members.get(service.id);
    if (members === undefined) {
      members = membersOf(view, service, { ...this.#rules, neighbours: this.#neighbours });
      this.#members.set(service.id, members);
    }
    return members;
  }

  #isTarget(load: NodeLoad, filters: readonly Filter[]): boolean {
    const { node } = load;
    const isSettled = takesTasks(node) && node.status.sinceMs <= this.#rules.settledBeforeMs;
    return isSettled && refusalOf(filters, load) === null;
  }

  /** What has failed on a node a moment ago would fail there again. */
  #failedOn(view: ReadView, { id, generation }: Service): ReadonlySet<NodeId | ""> {
    const isRecent = (task: Task): boolean =>
      task.generation === generation && endedByItself(task) && endedAtMs(task) > this.#nowMs - FAILURE_WINDOW_MS;
    return new Set(
      view
        .tasksOfService(id)
        .filter(isRecent)
        .map(({ nodeId }) => nodeId),
    );
  }

  #make(subject: BalanceSubject, found: Improvement): void {
    const { from, to, gains, decisive } = found;
    const tasks = mustHave(subject.movable.get(from.node.id), "tasks on the node that loses one") as Task[];
    // The youngest has gathered least of what a start costs, and leaves the oldest where people know them.
    const task = mustHave(tasks.toSorted(byAge).at(-1), "a task that may be moved");
    this.moves.push({
      task,
      from: from.node.id,
      to: to.node.id,
      gain: mustHave(gains[decisive], "the gain that decides"),
      reason: reasonOf(subject, found),
    });
    tasks.splice(tasks.indexOf(task), 1);
    this.#nodes.change(from, task.serviceId, () => from.remove(task.id));
    this.#nodes.change(to, task.serviceId, () => to.add(asOn(task, to.node.id)));
  }

  #noteIfUneven(subject: BalanceSubject, { keptBy }: Members): void {
    const { service } = subject;
    if (keptBy === "" || this.uneven.length >= UNEVEN_MAX) return;
    if (this.uneven.some((known) => known.service.id === service.id)) return;
    const found = bestMove(subject, this.#rules.gainMin);
    if (found !== null) this.uneven.push({ service, reason: `${reasonOf(subject, found)}: kept by ${keptBy}` });
  }
}

/** Its successor, before there is one: what the node gives it is chosen there. */
const asOn = (task: Task, nodeId: NodeId): Task => ({ ...task, nodeId, genericResources: [], move: null });
