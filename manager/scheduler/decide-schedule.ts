import type { NodeId, TaskId } from "../../shared/ids.ts";
import { isRunnable } from "../../shared/objects/task-state.ts";
import type { Task } from "../../shared/objects/types.ts";
import type { GenericResource } from "../../shared/rpc/gen/objects.ts";
import type { ReadView } from "../store/store-types.ts";
import { byAge } from "../tasks/slots.ts";
import { isolate, type Trouble, troubleSentence } from "../trouble.ts";
import { explainRefusals, filtersFor, refusalOf } from "./filters.ts";
import { type NodeLoad, nodeLoads } from "./node-load.ts";
import { type Candidate, SpreadTree } from "./spread-tree.ts";

/** A task's node, and the generic resources of the node that it gets. */
export interface Assigned {
  readonly taskId: TaskId;
  readonly nodeId: NodeId;
  readonly resources: readonly GenericResource[];
}

/** Which node runs which task; it is checked against the newest state when it is applied. */
export interface SchedulePlan {
  readonly assigned: readonly Assigned[];
  /** Tasks that no node can take now, with the reason as people will read it. */
  readonly blocked: readonly { readonly taskId: TaskId; readonly err: string }[];
  /** Nodes and services over which the scheduler failed; their tasks are among `blocked`. */
  readonly troubles: readonly Trouble[];
}

/** How often tasks like this one have recently failed on a node; 0 if it does not matter. */
export type FailureCount = (task: Task, nodeId: NodeId) => number;

/**
 * Places every pending task. Safety: what is reserved on a node never exceeds what it has; every filter holds for each
 * placement, given those before it; nodes that are alike differ by at most one task of a service, and so do branches of
 * placement preferences that are alike.
 */
export function decideSchedule(view: ReadView, failureCount: FailureCount): SchedulePlan {
  const pending = view.all("task").filter((task) => task.status.state === "PENDING" && isRunnable(task));
  if (pending.length === 0) return { assigned: [], blocked: [], troubles: [] };
  const assigned: Assigned[] = [];
  const blocked: { taskId: TaskId; err: string }[] = [];
  const troubles: Trouble[] = [];
  const loads = nodeLoads(view, troubles);
  const place = (group: readonly Task[], candidates: readonly NodeLoad[]): void => {
    const about = `service ${group[0]?.serviceId}`;
    const placed = isolate(troubles, about, () => placeGroup(group, candidates, failureCount, about), null);
    assigned.push(...(placed?.assigned ?? []));
    blocked.push(...(placed?.blocked ?? group.map(({ id }) => ({ taskId: id, err: blockedBy(troubles) }))));
    troubles.push(...(placed?.troubles ?? []));
  };
  for (const task of pending.filter(({ nodeId }) => nodeId !== "").toSorted(byAge)) {
    const own = loads.filter(({ node }) => node.id === task.nodeId);
    place([task], own);
  }
  for (const group of groupsOf(pending.filter(({ nodeId }) => nodeId === ""))) place(group, loads);
  return { assigned, blocked, troubles };
}

const blockedBy = (troubles: readonly Trouble[]): string => troubleSentence(troubles.at(-1)?.error);

/**
 * Tasks of one service and spec, which the filters cannot tell apart; the group that has waited longest comes first.
 */
function groupsOf(tasks: readonly Task[]): readonly (readonly Task[])[] {
  const groups = new Map<string, Task[]>();
  for (const task of tasks.toSorted(byAge)) {
    const key = `${task.serviceId}/${task.generation}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [task]);
    else group.push(task);
  }
  return [...groups.values()];
}

function placeGroup(
  group: readonly Task[],
  loads: readonly NodeLoad[],
  failureCount: FailureCount,
  about: string,
): SchedulePlan {
  const assigned: Assigned[] = [];
  const blocked: { taskId: TaskId; err: string }[] = [];
  const [sample] = group;
  if (sample === undefined) return { assigned, blocked, troubles: [] };
  const filters = filtersFor(sample);
  const refusals = loads.map((load) => ({ load, refusal: refusalOf(filters, load) }));
  const troubles = refusals.flatMap(({ refusal }) => (refusal?.error === undefined ? [] : [refusal.error]));
  const tree = new SpreadTree(sample, loads, (a, b) => isBetter(a, b, sample));
  for (const { load, refusal } of refusals) {
    if (refusal === null) tree.add({ load, failures: failureCount(sample, load.node.id) });
  }
  let explanation: string | null = null;
  for (const task of group) {
    const best = tree.best();
    if (best === null) {
      // The same for all that are left, since nothing more is placed in between.
      explanation ??= explainRefusals(filters, loads);
      blocked.push({ taskId: task.id, err: explanation });
    } else {
      const { load } = best;
      assigned.push({ taskId: task.id, nodeId: load.node.id, resources: load.add(task) });
      tree.count(best);
      if (refusalOf(filters, load) !== null) tree.drop(best);
    }
  }
  return { assigned, blocked, troubles: troubles.map((error) => ({ about, error })) };
}

/** Fewer serious failures, then fewer tasks of the service, then fewer tasks, then more free memory, then by id. */
function isBetter(a: Candidate, b: Candidate, task: Task): boolean {
  const difference =
    a.failures - b.failures ||
    a.load.countOf(task.serviceId) - b.load.countOf(task.serviceId) ||
    a.load.taskCount - b.load.taskCount ||
    b.load.freeMemoryBytes - a.load.freeMemoryBytes;
  return difference === 0 ? a.load.node.id < b.load.node.id : difference < 0;
}
