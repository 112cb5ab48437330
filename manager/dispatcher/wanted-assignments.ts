import type { NodeId } from "../../shared/ids.ts";
import { type ByName, NEEDED_KINDS, type NeededKind, TASK_NEEDS } from "../../shared/objects/task-needs.ts";
import { isFinal, rankOf } from "../../shared/objects/task-state.ts";
import type { ObjectKinds, Task } from "../../shared/objects/types.ts";
import type { ReadView } from "../store/store-types.ts";

/** An object that tasks need. */
export type NeededItem = {
  [Kind in NeededKind]: { readonly item: Kind } & { readonly [Field in Kind]: ObjectKinds[Kind] };
}[NeededKind];

/** Something that a worker has, as an Assignment of the wire. */
export type AssignedItem = NeededItem | { readonly item: "task"; readonly task: Task };

/** All that one worker should have but for tables of networks, by id; what tasks need stands before them. */
export type AssignmentSet = ReadonlyMap<string, AssignedItem>;

export const EMPTY_SET: AssignmentSet = new Map();

/**
 * What the store wants of a node: every task the scheduler gave it, until the task's object is deleted (a task that is
 * over stays, so that its logs and its last word are kept), and what its tasks need (secrets, configs, what registries
 * want to see) until they are over. `shown`: a task as the worker should see it.
 */
export function wantedAssignments(view: ReadView, nodeId: NodeId, shown: (task: Task) => Task): AssignmentSet {
  const wanted = new Map<string, AssignedItem>();
  const tasks = view.tasksOfNode(nodeId).filter((task) => rankOf(task.status.state) >= rankOf("ASSIGNED"));
  for (const task of tasks) {
    for (const [kind, id] of needsOf(task, view)) {
      const object = view.get(kind, id);
      if (object !== undefined) wanted.set(id, { item: kind, [kind]: object } as unknown as NeededItem);
    }
  }
  for (const task of tasks) wanted.set(task.id, { item: "task", task: shown(task) });
  return wanted;
}

/** The objects without which a task cannot start; none once it is over. */
export function needsOf(task: Task, objects: ByName): readonly (readonly [NeededKind, string])[] {
  if (isFinal(task.status.state)) return [];
  return NEEDED_KINDS.flatMap((kind) => TASK_NEEDS[kind].idsOf(task, objects).map((id) => [kind, id] as const));
}
