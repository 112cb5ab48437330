import { SwarmError } from "../../shared/errors.ts";
import type { TaskId } from "../../shared/ids.ts";
import { KINDS } from "../../shared/objects/kinds.ts";
import { parseTask } from "../../shared/objects/parse.ts";
import { NEEDED_KINDS, type Needed, type NeededKind } from "../../shared/objects/task-needs.ts";
import type { ObjectKinds, Task } from "../../shared/objects/types.ts";
import type { Assignment, Assignments, NetworkTable } from "../../shared/rpc/gen/dispatcher.ts";
import { orderedTable } from "../ports/table-lines.ts";
import { changedTable } from "./table-change.ts";

/** Everything that this worker should run and route, as of one revision of one session. */
export interface AssignmentSet {
  readonly revision: number;
  /** More of this revision follows: it is not complete yet. */
  readonly isPartial: boolean;
  readonly tasks: ReadonlyMap<TaskId, Task>;
  /** By network id; their lines in order (worker/ports/table-lines.ts). */
  readonly networks: ReadonlyMap<string, NetworkTable>;
  /** Secrets, configs and the like. Only in memory: never stored on this host, never logged. */
  readonly needed: Needed;
}

/** Each kind's, while a message is taken in: no compiler follows that a kind's objects go into its own map. */
type Tables = Readonly<Record<NeededKind, Map<string, ObjectKinds[NeededKind]>>>;

/**
 * The set after a message. `known` = what this session has sent so far; null = nothing.
 * @throws SwarmError aborted when a revision is missing, or the table that a change is about: the session must start
 * again.
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
  const needed = Object.fromEntries(
    NEEDED_KINDS.map((kind) => [kind, new Map<string, unknown>(isFull ? [] : known?.needed[kind])]),
  ) as Tables;
  const tables = [tasks, networks, ...Object.values(needed)];
  for (const id of message.removedIds) for (const table of tables) table.delete(id as TaskId);
  for (const assignment of message.put) put(assignment, tasks, networks, needed);
  for (const change of message.tableChanges) {
    const table = networks.get(change.networkId);
    if (table === undefined) {
      throw new SwarmError("aborted", `assignments have a gap: revision ${revision} changes an unknown network table`);
    }
    networks.set(change.networkId, changedTable(table, change));
  }
  return { revision, isPartial: message.more, tasks, networks, needed: needed as Needed };
}

function put(
  assignment: Assignment,
  tasks: Map<TaskId, Task>,
  networks: Map<string, NetworkTable>,
  needed: Tables,
): void {
  if (assignment.item === "task") {
    const task = parseTask(assignment.task);
    tasks.set(task.id, task);
  } else if (assignment.item === "network") {
    networks.set(assignment.network.network?.id ?? "", orderedTable(assignment.network));
  } else {
    // An item of another kind comes from a later release, which sends it for tasks that this one could not run.
    for (const kind of NEEDED_KINDS) {
      const parse = KINDS[kind].parse as (wire: unknown) => ObjectKinds[NeededKind];
      const wire = assignment[kind];
      if (wire !== undefined) needed[kind].set(wire.id, parse(wire));
    }
  }
}
