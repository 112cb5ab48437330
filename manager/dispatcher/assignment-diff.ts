import { isDeepStrictEqual } from "node:util";
import type { Task } from "../../shared/objects/types.ts";
import type { NetworkTable } from "../../shared/rpc/gen/dispatcher.ts";
import type { AssignmentSet } from "./wanted-assignments.ts";

/** What turns one set into the other; the body of an Assignments message. */
export interface AssignmentChange {
  readonly tasks: readonly Task[];
  readonly removedTaskIds: readonly string[];
  readonly networks: readonly NetworkTable[];
  readonly removedNetworkIds: readonly string[];
}

/** The whole set as a change against nothing. */
export function fullAssignments(wanted: AssignmentSet): AssignmentChange {
  return {
    tasks: [...wanted.tasks.values()],
    removedTaskIds: [],
    networks: [...wanted.networks.values()],
    removedNetworkIds: [],
  };
}

/**
 * What the worker must be told; null when it has all of it. Tasks of which only the status changed are not told.
 * Tables are compared by identity: every worker has the same one, so their maker compares them, once (keepSameTables).
 */
export function diffAssignments(previous: AssignmentSet, wanted: AssignmentSet): AssignmentChange | null {
  const change = {
    tasks: changed(previous.tasks, wanted.tasks, isSameToWorker),
    removedTaskIds: missing(previous.tasks, wanted.tasks),
    networks: changed(previous.networks, wanted.networks, () => false),
    removedNetworkIds: missing(previous.networks, wanted.networks),
  };
  const isEmpty = Object.values(change).every((part) => part.length === 0);
  return isEmpty ? null : change;
}

// A status comes from the worker itself; to send it back would double the traffic of every start. Meta changes with it.
function isSameToWorker(a: Task, b: Task): boolean {
  return (
    a.desiredState === b.desiredState &&
    isSame(a.networks, b.networks) &&
    isSame(a.endpoint, b.endpoint) &&
    isSame(a.spec, b.spec) &&
    isSame(a.serviceAnnotations, b.serviceAnnotations)
  );
}

function isSame(a: unknown, b: unknown): boolean {
  return a === b || isDeepStrictEqual(a, b);
}

function changed<T>(
  previous: ReadonlyMap<string, T>,
  wanted: ReadonlyMap<string, T>,
  same: (a: T, b: T) => boolean,
): readonly T[] {
  const result: T[] = [];
  for (const [id, item] of wanted) {
    const old = previous.get(id);
    if (old === undefined || (old !== item && !same(old, item))) result.push(item);
  }
  return result;
}

function missing(previous: ReadonlyMap<string, unknown>, wanted: ReadonlyMap<string, unknown>): readonly string[] {
  return [...previous.keys()].filter((id) => !wanted.has(id));
}
