import type { NodeId } from "../../shared/ids.ts";
import { rankOf } from "../../shared/objects/task-state.ts";
import type { Task } from "../../shared/objects/types.ts";
import type { NetworkTable } from "../../shared/rpc/gen/dispatcher.ts";
import type { ReadView } from "../store/store-types.ts";

/** All that one worker should have, by id. */
export interface AssignmentSet {
  readonly tasks: ReadonlyMap<string, Task>;
  readonly networks: ReadonlyMap<string, NetworkTable>;
}

export const EMPTY_SET: AssignmentSet = { tasks: new Map(), networks: new Map() };

/**
 * What the store wants of a node: every task the scheduler gave it, until the task's object is deleted (a task that is
 * over stays, so that its logs and its last word are kept), and the tables of the networks it has an address on.
 */
export function wantedAssignments(
  view: ReadView,
  tables: ReadonlyMap<string, NetworkTable>,
  nodeId: NodeId,
): AssignmentSet {
  const tasks = view.tasksOfNode(nodeId).filter((task) => rankOf(task.status.state) >= rankOf("ASSIGNED"));
  const networks = new Map<string, NetworkTable>();
  for (const attachment of view.get("node", nodeId)?.attachments ?? []) {
    const table = tables.get(attachment.networkId);
    if (table !== undefined) networks.set(attachment.networkId, table);
  }
  return { tasks: new Map(tasks.map((task) => [task.id as string, task])), networks };
}
