import type { NodeId } from "../../shared/ids.ts";
import { CONTENT_KINDS, type Content, type ContentKind, referencesTo } from "../../shared/objects/file-reference.ts";
import { isFinal, rankOf } from "../../shared/objects/task-state.ts";
import type { ObjectKinds, Task } from "../../shared/objects/types.ts";
import type { ReadView } from "../store/store-types.ts";

/** Something that a worker has, as an Assignment of the wire. */
export type AssignedItem =
  | { [Kind in ContentKind]: { readonly item: Kind } & { readonly [Field in Kind]: ObjectKinds[Kind] } }[ContentKind]
  | { readonly item: "task"; readonly task: Task };

/** All that one worker should have but for tables of networks, by id; what tasks need stands before them. */
export type AssignmentSet = ReadonlyMap<string, AssignedItem>;

export const EMPTY_SET: AssignmentSet = new Map();

/**
 * What the store wants of a node: every task the scheduler gave it, until the task's object is deleted (a task that is
 * over stays, so that its logs and its last word are kept), and the secrets and configs that its tasks need until they
 * are over.
 */
export function wantedAssignments(view: ReadView, nodeId: NodeId): AssignmentSet {
  const wanted = new Map<string, AssignedItem>();
  const tasks = view.tasksOfNode(nodeId).filter((task) => rankOf(task.status.state) >= rankOf("ASSIGNED"));
  for (const task of tasks) {
    for (const [kind, id] of needsOf(task)) {
      const content = view.get(kind, id);
      if (content !== undefined) wanted.set(id, { item: kind, [kind]: content } as AssignedItem);
    }
  }
  for (const task of tasks) wanted.set(task.id, { item: "task", task });
  return wanted;
}

/** Secrets and configs without which a task cannot start; none once it is over. */
export function needsOf(task: Task): readonly (readonly [ContentKind, string])[] {
  if (isFinal(task.status.state)) return [];
  return referencesTo(task.spec.container).map(([kind, { sourceId }]) => [kind, sourceId]);
}

/** The secret or config that an item is; null = it is something else. */
export function contentOf(item: AssignedItem): Content | null {
  const kind = CONTENT_KINDS.find((candidate) => candidate === item.item);
  return kind === undefined ? null : (item as unknown as Readonly<Record<ContentKind, Content>>)[kind];
}
