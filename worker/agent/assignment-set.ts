import { SwarmError } from "../../shared/errors.ts";
import type { TaskId } from "../../shared/ids.ts";
import { parseTask } from "../../shared/objects/parse.ts";
import type { Task } from "../../shared/objects/types.ts";
import type { Assignments, NetworkTable } from "../../shared/rpc/gen/dispatcher.ts";

/** All that this worker should run and route, as of one revision of one session. */
export interface AssignmentSet {
  readonly revision: number;
  readonly tasks: ReadonlyMap<TaskId, Task>;
  /** By network id. */
  readonly networks: ReadonlyMap<string, NetworkTable>;
}

/**
 * The set after a message. `known` = what this session has sent so far; null = nothing.
 * @throws SwarmError aborted when a revision is missing: the session must begin anew.
 */
export function applyAssignments(known: AssignmentSet | null, message: Assignments): AssignmentSet {
  const isFull = message.kind === "FULL";
  if (!isFull && message.revision !== (known?.revision ?? Number.NaN) + 1) {
    const had = known === null ? "no full set" : `revision ${known.revision}`;
    throw new SwarmError("aborted", `assignments have a gap: revision ${message.revision} came after ${had}`);
  }
  const tasks = new Map(isFull ? [] : known?.tasks);
  const networks = new Map(isFull ? [] : known?.networks);
  for (const id of message.removedTaskIds) tasks.delete(id as TaskId);
  for (const wire of message.tasks) {
    const task = parseTask(wire);
    tasks.set(task.id, task);
  }
  for (const id of message.removedNetworkIds) networks.delete(id);
  for (const table of message.networks) networks.set(table.network?.id ?? "", table);
  return { revision: message.revision, tasks, networks };
}
