/** The scheduler's decision on a view alone: by its book made from nothing, and in the most obvious way. */

import { meeter } from "../../manager/scheduler/affinity-filters.ts";
import { decideSchedule, type Failures, type SchedulePlan } from "../../manager/scheduler/decide-schedule.ts";
import { explainRefusals, filtersFor, refusalOf } from "../../manager/scheduler/filters.ts";
import type { Neighbours } from "../../manager/scheduler/neighbours.ts";
import { NodeLoad } from "../../manager/scheduler/node-load.ts";
import { ScheduleBook } from "../../manager/scheduler/schedule-book.ts";
import { isWaiting } from "../../manager/scheduler/waiting-tasks.ts";
import type { ReadView } from "../../manager/store/store-types.ts";
import { byAge } from "../../manager/tasks/slots.ts";
import { labelAt } from "../../shared/label-key.ts";
import { priorityOf } from "../../shared/objects/priority.ts";
import type { Task } from "../../shared/objects/types.ts";

export const NO_FAILURES: Failures = () => new Map();

export function scheduleOnce(view: ReadView, failures: Failures = NO_FAILURES): SchedulePlan {
  return decideSchedule(ScheduleBook.of(view), view, failures);
}

/** What a plan says, without how it came about. */
export type Outcome = Pick<SchedulePlan, "assigned" | "blocked">;

/** Every node is looked at for every task. */
export function scheduleNaively(view: ReadView, failures: Failures = NO_FAILURES): Outcome {
  const assigned: SchedulePlan["assigned"][number][] = [];
  const blocked: SchedulePlan["blocked"][number][] = [];
  const loads = view.all("node").map((node) => new NodeLoad(node, view.tasksOfNode(node.id)));
  const neighbours = naiveNeighbours(view, loads);
  const waiting = view.all("task").filter(isWaiting).toSorted(byAge);
  const groups = Map.groupBy(waiting, (task) =>
    task.nodeId === "" ? `2 ${task.serviceId}/${task.generation}` : `1 ${task.id}`,
  );
  const inOrder = [...groups].toSorted(
    ([a, [first]], [b, [second]]) =>
      Number(a[0]) - Number(b[0]) ||
      (a[0] === "2" ? priorityOf(second?.spec.placement) - priorityOf(first?.spec.placement) : 0),
  );
  for (const [, group] of inOrder) {
    for (const task of group) {
      const own = task.nodeId === "" ? loads : loads.filter(({ node }) => node.id === task.nodeId);
      const filters = filtersFor(task, neighbours);
      const best = naiveBest(
        task,
        own,
        own.filter((load) => refusalOf(filters, load) === null),
        failures(task),
        neighbours,
      );
      if (best !== undefined) {
        assigned.push({ taskId: task.id, nodeId: best.node.id, resources: best.add(task) });
        continue;
      }
      const err = explainRefusals(filters, own);
      if (task.status.err !== err) blocked.push({ taskId: task.id, err });
    }
  }
  return { assigned, blocked };
}

function naiveBest(
  task: Task,
  all: readonly NodeLoad[],
  open: readonly NodeLoad[],
  failures: ReadonlyMap<string, number>,
  neighbours: Neighbours,
): NodeLoad | undefined {
  const wishes = (task.spec.placement?.affinities ?? [])
    .filter(({ soft }) => soft)
    .map((affinity) => meeter(task, affinity, neighbours));
  const unmet = (load: NodeLoad): number => wishes.filter((meets) => !meets(load)).length;
  let [around, candidates] = [[all], [open]];
  for (const key of task.spec.placement?.spread ?? []) {
    const divided = candidates.map((some, at) => {
      const byValue = Map.groupBy(around[at] ?? [], ({ node }) => labelAt(node, key) ?? "");
      const openByValue = Map.groupBy(some, ({ node }) => labelAt(node, key) ?? "");
      const countOf = (value: string): number =>
        (byValue.get(value) ?? []).reduce((sum, load) => sum + load.countOf(task.serviceId), 0);
      const fewest = Math.min(...[...openByValue.keys()].map(countOf));
      return [...openByValue]
        .filter(([value]) => countOf(value) === fewest)
        .map(([value, each]) => [byValue.get(value) ?? [], each] as const);
    });
    around = divided.flat().map(([each]) => each);
    candidates = divided.flat().map(([, each]) => each);
  }
  const isPacked = task.spec.placement?.strategy === "binpack";
  return candidates
    .flat()
    .toSorted(
      (a, b) =>
        (failures.get(a.node.id) ?? 0) - (failures.get(b.node.id) ?? 0) ||
        unmet(a) - unmet(b) ||
        (isPacked ? fuller(a, b) : emptier(task, a, b)) ||
        (a.node.id < b.node.id ? -1 : 1),
    )[0];
}

function emptier({ serviceId }: Task, a: NodeLoad, b: NodeLoad): number {
  return (
    a.countOf(serviceId) - b.countOf(serviceId) ||
    a.taskCount - b.taskCount ||
    b.freeShare - a.freeShare ||
    b.freeMemoryBytes - a.freeMemoryBytes
  );
}

function fuller(a: NodeLoad, b: NodeLoad): number {
  return a.freeShare - b.freeShare || b.taskCount - a.taskCount || a.freeMemoryBytes - b.freeMemoryBytes;
}

/** Everything is counted anew at every question. */
function naiveNeighbours(view: ReadView, loads: readonly NodeLoad[]): Neighbours {
  return {
    idOf: (name) => view.byName("service", name)?.id,
    near({ node }, serviceId, topology) {
      const value = labelAt(node, topology);
      const isNear = (other: NodeLoad): boolean =>
        topology === "" ? other.node.id === node.id : value !== undefined && labelAt(other.node, topology) === value;
      return loads.filter(isNear).reduce((sum, load) => sum + load.countOf(serviceId), 0);
    },
    isAnywhere: (serviceId) => loads.some((load) => load.countOf(serviceId) > 0),
    avoidersOf: (name) =>
      view
        .all("service")
        .flatMap(({ id, spec }) =>
          (spec.task.placement?.affinities ?? [])
            .filter(({ avoid, soft, service }) => avoid && !soft && service.toLowerCase() === name.toLowerCase())
            .map(({ topology }) => ({ serviceId: id, name: spec.annotations.name, topology })),
        ),
  };
}
