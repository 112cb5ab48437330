import type { NodeId, ServiceId, TaskId } from "../../shared/ids.ts";
import { priorityOf } from "../../shared/objects/priority.ts";
import { isRunnable } from "../../shared/objects/task-state.ts";
import type { Node, Task } from "../../shared/objects/types.ts";
import { compareIds } from "../store/sorted-list.ts";
import type { ReadView } from "../store/store-types.ts";
import { DisruptionBudget } from "../tasks/disruption-budget.ts";
import { restartRules } from "../tasks/policies.ts";
import { byAge, isGlobal, slotsOf } from "../tasks/slots.ts";
import type { Filter } from "./filter.ts";
import { refusalOf } from "./filters.ts";
import { NodeLoad } from "./node-load.ts";

/** Tasks for which one plan may make others stop: each means a close look at many nodes. Further ones come next. */
const PREEMPTIONS_MAX = 10;
/** Nodes that one task has a close look at; where there are more, what is best among these has to do. */
const NODES_MAX = 100;

/** A task that is to get a node, and the tasks that have to stop there for it. */
export interface Preempted {
  readonly by: TaskId;
  readonly nodeId: NodeId;
  readonly victims: readonly TaskId[];
}

/** A task that waits for room that is being made on a node. */
export interface Promised {
  readonly task: Task;
  readonly load: NodeLoad;
}

/** What one node would cost. */
interface Offer {
  readonly load: NodeLoad;
  readonly victims: readonly Task[];
  /** Tasks that a disruption budget would keep. */
  readonly violations: number;
  readonly priorities: readonly number[];
}

/**
 * Chooses which tasks of lower priority stop so that a task gets a node. Safety: only tasks of strictly lower priority,
 * which get successors (no global ones, none that may not be started again); all that stop are needed, and with them
 * gone the task fits; nobody stops where tasks that are stopping already make room. So a chain of preemptions goes down
 * in priority with each link, and ends.
 */
export class Preemptor {
  readonly #view: ReadView;
  readonly #made: Preempted[] = [];
  /** All victims of this plan. */
  readonly #gone = new Map<TaskId, ServiceId>();
  #looks = 0;

  constructor(view: ReadView) {
    this.#view = view;
  }

  get made(): readonly Preempted[] {
    return this.#made;
  }

  /** What it has cost, in looks at nodes. */
  get looks(): number {
    return this.#looks;
  }

  get isUsedUp(): boolean {
    return this.#made.length >= PREEMPTIONS_MAX;
  }

  /**
   * Who stops for the task, and where; null where that would not help, or is not needed.
   * @param promised tasks that are in the loads already, perhaps with less than they will need
   */
  makeRoom(
    task: Task,
    filters: readonly Filter[],
    loads: Iterable<NodeLoad>,
    promised: ReadonlyMap<TaskId, Promised>,
  ): Pick<Offer, "load" | "victims"> | null {
    const others = filters.filter(({ isRoom }) => isRoom !== true);
    const room = filters.filter(({ isRoom }) => isRoom === true);
    let best: Offer | null = null;
    let closeLooks = 0;
    for (const load of loads) {
      this.#looks++;
      if (refusalOf(others, load) !== null) continue;
      if (closeLooks++ >= NODES_MAX) break;
      const offer = this.#offerOf(task, room, load, promised);
      if (offer === null) continue;
      if (offer.victims.length === 0) return null;
      if (best === null || compareOffers(offer, best) < 0) best = offer;
    }
    if (best === null) return null;
    for (const { id, serviceId } of best.victims) this.#gone.set(id, serviceId);
    const { load, victims } = best;
    this.#made.push({ by: task.id, nodeId: load.node.id, victims: victims.map(({ id }) => id) });
    return best;
  }

  /** No victims: what stops already makes room. null: there is none to be made. */
  #offerOf(task: Task, room: readonly Filter[], load: NodeLoad, promised: ReadonlyMap<TaskId, Promised>): Offer | null {
    const staying = [...load.tasks()]
      .filter((each) => isRunnable(each) && !this.#gone.has(each.id))
      .map((each) => promised.get(each.id)?.task ?? each);
    this.#looks += staying.length;
    const fits = (left: NodeLoad): boolean => refusalOf(room, left) === null;
    if (fits(loadWith(load.node, staying))) return { load, victims: [], violations: 0, priorities: [] };
    const mine = priorityOf(task.spec.placement);
    const candidates = new Set(staying.filter((each) => each.nodeId !== "" && this.#mayGo(each, mine)));
    if (candidates.size === 0) return null;
    const left = loadWith(
      load.node,
      staying.filter((each) => !candidates.has(each)),
    );
    if (!fits(left)) return null;
    // Whoever matters most is put back first; of the same priority the smaller ones, so that few have to go.
    const inOrder = [...candidates].toSorted(
      (a, b) =>
        Number(this.#isProtected(b)) - Number(this.#isProtected(a)) ||
        this.#priorityOf(b) - this.#priorityOf(a) ||
        sizeOf(a) - sizeOf(b) ||
        byAge(a, b),
    );
    const victims: Task[] = [];
    for (const candidate of inOrder) {
      left.add(candidate);
      if (fits(left)) continue;
      left.remove(candidate.id);
      victims.push(candidate);
    }
    const priorities = victims.map((victim) => this.#priorityOf(victim));
    return { load, victims, violations: this.#violationsOf(victims), priorities };
  }

  #mayGo(task: Task, below: number): boolean {
    const service = this.#view.get("service", task.serviceId);
    if (service === undefined || isGlobal(service) || restartRules(task.spec).condition === "NONE") return false;
    return this.#priorityOf(task) < below;
  }

  /** As its service now has it, since tasks are not replaced for another priority. */
  #priorityOf({ serviceId, spec }: Task): number {
    return priorityOf((this.#view.get("service", serviceId)?.spec.task ?? spec).placement);
  }

  #isProtected(task: Task): boolean {
    return this.#violationsOf([task]) > 0;
  }

  /** How many of them their services' disruption budgets would keep, after all that goes already. */
  #violationsOf(tasks: readonly Task[]): number {
    let violations = 0;
    for (const [serviceId, some] of Map.groupBy(tasks, (task) => task.serviceId)) {
      const service = this.#view.get("service", serviceId);
      if (service === undefined || service.spec.maxUnavailable === "") continue;
      const slots = slotsOf(service, this.#view.tasksOfService(serviceId));
      const budget = new DisruptionBudget(this.#view, service, slots);
      const take = (id: TaskId): boolean =>
        slots.every((slot) => {
          const leaving = slot.runnable.filter((each) => each.id === id);
          return leaving.length === 0 || budget.take(slot, leaving);
        });
      for (const [id, of] of this.#gone) if (of === serviceId) take(id);
      violations += some.filter(({ id }) => !take(id)).length;
    }
    return violations;
  }
}

/** Tasks that the plan places are in it as well, though they do not know their node yet. */
function loadWith(node: Node, tasks: Iterable<Task>): NodeLoad {
  const load = new NodeLoad(node, []);
  for (const task of tasks) load.add(task);
  return load;
}

/** No budget broken, then few tasks, then unimportant ones. */
function compareOffers(a: Offer, b: Offer): number {
  return (
    a.violations - b.violations ||
    a.victims.length - b.victims.length ||
    Math.max(...a.priorities) - Math.max(...b.priorities) ||
    sum(a.priorities) - sum(b.priorities) ||
    compareIds(a.load.node.id, b.load.node.id)
  );
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0);

const sizeOf = ({ spec }: Task): number => spec.reservations?.memoryBytes ?? 0;
