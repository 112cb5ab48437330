import { SwarmError } from "../../shared/errors.ts";
import type { TaskId } from "../../shared/ids.ts";
import { parseConfig, parseSecret, parseTask } from "../../shared/objects/parse.ts";
import type { Config, Secret, Task } from "../../shared/objects/types.ts";
import type { Assignment, Assignments, NetworkTable } from "../../shared/rpc/gen/dispatcher.ts";

/** All that this worker should run and route, as of one revision of one session. */
export interface AssignmentSet {
  readonly revision: number;
  /** More of this revision follows: it does not count yet. */
  readonly isPartial: boolean;
  readonly tasks: ReadonlyMap<TaskId, Task>;
  /** By network id. */
  readonly networks: ReadonlyMap<string, NetworkTable>;
  /** Secrets and configs, by id. In memory alone: never stored on this host, never logged. */
  readonly contents: Contents;
}

export type Contents = ReadonlyMap<string, Secret | Config>;

/**
 * The set after a message. `known` = what this session has sent so far; null = nothing.
 * @throws SwarmError aborted when a revision is missing: the session must begin anew.
 */
export function applyAssignments(known: AssignmentSet | null, message: Assignments): AssignmentSet {
  const { revision } = message;
  const isFurther = known?.isPartial === true && known.revision === revision;
  const isFull = message.kind === "FULL" && !isFurther;
  if (!isFull && !isFurther && revision !== (known?.revision ?? Number.NaN) + 1) {
    const had = known === null ? "no full set" : `revision ${known.revision}`;
    throw new SwarmError("aborted", `assignments have a gap: revision ${revision} came after ${had}`);
  }
  const tasks = new Map(isFull ? [] : known?.tasks);
  const networks = new Map(isFull ? [] : known?.networks);
  const contents = new Map(isFull ? [] : known?.contents);
  for (const id of message.removedIds) for (const table of [tasks, networks, contents]) table.delete(id as TaskId);
  for (const assignment of message.put) put(assignment, tasks, networks, contents);
  return { revision, isPartial: message.more, tasks, networks, contents };
}

function put(
  assignment: Assignment,
  tasks: Map<TaskId, Task>,
  networks: Map<string, NetworkTable>,
  contents: Map<string, Secret | Config>,
): void {
  switch (assignment.item) {
    case "task": {
      const task = parseTask(assignment.task);
      tasks.set(task.id, task);
      return;
    }
    case "network":
      networks.set(assignment.network.network?.id ?? "", assignment.network);
      return;
    case "secret": {
      const secret = parseSecret(assignment.secret);
      contents.set(secret.id, secret);
      return;
    }
    case "config": {
      const config = parseConfig(assignment.config);
      contents.set(config.id, config);
      return;
    }
    // Of a later release, which sends it for tasks that this one could not run.
    case undefined:
      return;
  }
}
