import { isDeepStrictEqual } from "node:util";
import { type NeededKind, TASK_NEEDS } from "../../shared/objects/task-needs.ts";
import type { ObjectKinds, Task } from "../../shared/objects/types.ts";
import type { AssignedItem, AssignmentSet, NeededItem } from "./wanted-assignments.ts";

/** What turns one set into the other; in an Assignments message beside what is told of tables. */
export interface AssignmentChange {
  readonly put: readonly AssignedItem[];
  readonly removedIds: readonly string[];
}

/** What tasks need in one message, in bytes; with what else is in it far below what a message may be. */
export const CONTENT_BYTES_MAX = 4 * 1024 * 1024;

/** The whole set as a change against nothing. */
export function fullAssignments(wanted: AssignmentSet): AssignmentChange {
  return { put: [...wanted.values()], removedIds: [] };
}

/** What the worker must be told; null when it has all of it. Tasks of which only the status changed are not told. */
export function diffAssignments(previous: AssignmentSet, wanted: AssignmentSet): AssignmentChange | null {
  const put = [...wanted].filter(([id, item]) => {
    const old = previous.get(id);
    return old === undefined || !isSameToWorker(old, item);
  });
  const removedIds = [...previous.keys()].filter((id) => !wanted.has(id));
  return put.length + removedIds.length === 0 ? null : { put: put.map(([, item]) => item), removedIds };
}

/** A change as parts that each fit a message. At least one; what is removed is in the last. */
export function inParts({ put, removedIds }: AssignmentChange): readonly AssignmentChange[] {
  const parts: AssignedItem[][] = [[]];
  let bytes = 0;
  for (const item of put) {
    bytes += bytesOf(item);
    if (bytes > CONTENT_BYTES_MAX) {
      parts.push([]);
      bytes = bytesOf(item);
    }
    parts.at(-1)?.push(item);
  }
  return parts.map((part, at) => ({ put: part, removedIds: at === parts.length - 1 ? removedIds : [] }));
}

/** A kind's row and its object; that they belong together no compiler can follow. */
function needOf(item: NeededItem) {
  type Need = {
    readonly bytesOf: (object: unknown) => number;
    readonly isSameToWorker: (old: unknown, object: unknown) => boolean;
  };
  const object = (item as unknown as { readonly [Kind in NeededKind]: ObjectKinds[Kind] })[item.item];
  return { need: TASK_NEEDS[item.item] as Need, object };
}

function bytesOf(item: AssignedItem): number {
  if (item.item === "task") return 0;
  const { need, object } = needOf(item);
  return need.bytesOf(object);
}

function isSameToWorker(old: AssignedItem, item: AssignedItem): boolean {
  if (item.item === "task") return old.item === "task" && isSameTask(old.task, item.task);
  if (old.item === "task" || old.item !== item.item) return false;
  const { need, object } = needOf(item);
  return need.isSameToWorker(needOf(old).object, object);
}

// A status comes from the worker itself; to send it back would double the traffic of every start. Meta changes with it.
function isSameTask(a: Task, b: Task): boolean {
  return (
    a === b ||
    (a.desiredState === b.desiredState &&
      isSame(a.networks, b.networks) &&
      isSame(a.endpoint, b.endpoint) &&
      isSame(a.spec, b.spec) &&
      isSame(a.serviceAnnotations, b.serviceAnnotations))
  );
}

function isSame(a: unknown, b: unknown): boolean {
  return a === b || isDeepStrictEqual(a, b);
}
