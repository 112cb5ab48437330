import type { NodeId } from "../../shared/ids.ts";
import { isFinal, rankOf } from "../../shared/objects/task-state.ts";
import type { Node, Task } from "../../shared/objects/types.ts";
import type { WallMs } from "../../shared/ports/clock.ts";
import type { Commit, ReadView } from "../store/store-types.ts";
import { isolate, type Trouble } from "../trouble.ts";

/** A node that has been down for this long will not report what became of its tasks; Docker waits as long. */
export const ORPHAN_AFTER_MS = 24 * 60 * 60 * 1000;

/** Nodes that tasks name and that are not there any more, kept up to date with the store. */
export class StrayNodes {
  readonly #ids = new Set<NodeId>();

  /** Those that still have tasks. */
  in(view: ReadView): readonly NodeId[] {
    for (const id of this.#ids) {
      if (view.get("node", id) !== undefined || view.tasksOfNode(id).length === 0) this.#ids.delete(id);
    }
    return [...this.#ids];
  }

  /** Takes in everything, a node with each step. */
  *fill(view: () => ReadView): Generator<void> {
    for (const nodeId of [...view().referred("task", "node")]) {
      this.#look(view(), nodeId as NodeId);
      yield;
    }
  }

  note({ changes }: Commit, view: ReadView): void {
    for (const { kind, object } of changes) {
      if (kind === "node") this.#look(view, object.id);
      if (kind === "task") this.#look(view, object.nodeId);
    }
  }

  #look(view: ReadView, nodeId: NodeId | ""): void {
    if (nodeId !== "" && view.get("node", nodeId) === undefined) this.#ids.add(nodeId);
  }
}

/**
 * Tasks whose end will never be reported, each with the reason: their node was removed, or has been down for a day. The
 * store records when it went down, so a change of leader does not restart the day.
 */
export function findOrphans(
  view: ReadView,
  strays: StrayNodes,
  wallMs: WallMs,
  troubles: Trouble[],
): readonly { readonly task: Task; readonly message: string }[] {
  const look = (task: Task): { readonly task: Task; readonly message: string }[] => {
    if (task.nodeId === "" || rankOf(task.status.state) < rankOf("ASSIGNED") || isFinal(task.status.state)) return [];
    const node = view.get("node", task.nodeId);
    if (node === undefined) return [{ task, message: "its node was removed from the swarm" }];
    const isLost = node.status.state === "DOWN" && wallMs - node.status.sinceMs >= ORPHAN_AFTER_MS;
    return isLost ? [{ task, message: "its node has been down for a day" }] : [];
  };
  const isLost = ({ status }: Node): boolean => status.state === "DOWN" && wallMs - status.sinceMs >= ORPHAN_AFTER_MS;
  const lost = view.all("node").filter((node) => isolate(troubles, `node ${node.id}`, () => isLost(node), false));
  const tasks = [...strays.in(view), ...lost.map(({ id }) => id)].flatMap((id) => view.tasksOfNode(id));
  return tasks.flatMap((task) => isolate(troubles, `task ${task.id}`, () => look(task), []));
}

/** The task as it becomes once no one will report on it any more. */
export function becomeOrphaned(task: Task, message: string, wallMs: WallMs): Task {
  return {
    ...task,
    status: { ...task.status, state: "ORPHANED", message, timestampMs: wallMs, appliedAtMs: wallMs },
  };
}
