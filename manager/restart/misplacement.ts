import type { Constraint } from "../../shared/constraint.ts";
import { meetsConstraints } from "../../shared/constraint-fit.ts";
import type { NodeId, TaskId } from "../../shared/ids.ts";
import { isRunnable } from "../../shared/objects/task-state.ts";
import type { Node, Service, Task, TaskSpec } from "../../shared/objects/types.ts";
import type { ReadView } from "../store/store-types.ts";
import { serviceAt } from "../tasks/canary.ts";
import { GenericPool } from "../tasks/generic-pool.ts";
import { readConstraints } from "../tasks/node-fitness.ts";
import { byAge } from "../tasks/slots.ts";

type NodeResources = NonNullable<NonNullable<Node["description"]>["resources"]>;

const NO_TASKS: ReadonlySet<TaskId> = new Set();

/**
 * Finds tasks that their node may no longer hold: it has stopped meeting the service's constraints, or has less than is
 * reserved. Only active nodes are looked at: on a paused node nothing moves. Docker's enforcer marks such a task
 * REJECTED while its container still runs; here it is told to stop like any other, and its worker reports its state.
 */
export class Misplacement {
  readonly #view: ReadView;
  readonly #service: Service;
  /** Of the service's spec, and of the one before while a canary holds that back in some places. */
  readonly #constraints = new Map<TaskSpec, readonly Constraint[]>();
  readonly #overflow = new Map<NodeId, ReadonlySet<TaskId>>();

  constructor(view: ReadView, service: Service) {
    this.#view = view;
    this.#service = service;
  }

  concerns(task: Task, node: Node): boolean {
    if (node.spec.availability !== "ACTIVE" || node.description === null) return false;
    if (!meetsConstraints(node, this.#constraintsOf(serviceAt(this.#service, task).spec.task))) return true;
    return reserves(task) && this.#overflowOf(node).has(task.id);
  }

  #constraintsOf(spec: TaskSpec): readonly Constraint[] {
    let constraints = this.#constraints.get(spec);
    if (constraints === undefined) {
      constraints = readConstraints(spec) ?? [];
      this.#constraints.set(spec, constraints);
    }
    return constraints;
  }

  #overflowOf(node: Node): ReadonlySet<TaskId> {
    let overflow = this.#overflow.get(node.id);
    if (overflow === undefined) {
      overflow = tasksOver(this.#view, node);
      this.#overflow.set(node.id, overflow);
    }
    return overflow;
  }
}

/** The tasks that no longer fit on the node, when the oldest are served first. */
function tasksOver(view: ReadView, node: Node): ReadonlySet<TaskId> {
  const total = node.description?.resources;
  if (total === null || total === undefined) return NO_TASKS;
  const tasks = view.tasksOfNode(node.id).filter(isRunnable);
  // Where all fit together nobody need ask who came first: so it is on nearly every node, nearly always.
  return fitTogether(tasks, total) ? NO_TASKS : youngestOver(tasks, total);
}

function fitTogether(tasks: readonly Task[], total: NodeResources): boolean {
  let { nanoCpus, memoryBytes } = total;
  for (const { spec, genericResources } of tasks) {
    if (genericResources.length > 0) return false;
    nanoCpus -= spec.reservations?.nanoCpus ?? 0;
    memoryBytes -= spec.reservations?.memoryBytes ?? 0;
  }
  return nanoCpus >= 0 && memoryBytes >= 0;
}

function youngestOver(tasks: readonly Task[], total: NodeResources): ReadonlySet<TaskId> {
  const over = new Set<TaskId>();
  let { nanoCpus, memoryBytes } = total;
  const generic = new GenericPool(total.generic);
  for (const task of tasks.toSorted(byAge)) {
    const wanted = task.spec.reservations;
    if (wanted === null) continue;
    const isOver =
      wanted.nanoCpus > nanoCpus ||
      wanted.memoryBytes > memoryBytes ||
      task.genericResources.some((given) => !generic.holds(given));
    if (isOver) {
      over.add(task.id);
    } else {
      for (const given of task.genericResources) generic.take(given);
      nanoCpus -= wanted.nanoCpus;
      memoryBytes -= wanted.memoryBytes;
    }
  }
  return over;
}

function reserves({ spec: { reservations }, genericResources }: Task): boolean {
  if (reservations === null) return false;
  return reservations.nanoCpus > 0 || reservations.memoryBytes > 0 || genericResources.length > 0;
}
