import { isFinal, rankOf } from "../../shared/objects/task-state.ts";
import type { Task } from "../../shared/objects/types.ts";
import type { WallMs } from "../../shared/ports/clock.ts";
import type { ReadView } from "../store/store-types.ts";
import { isolate, type Trouble } from "../trouble.ts";

/** A node that has been down for this long will not report what became of its tasks; Docker waits as long. */
export const ORPHAN_AFTER_MS = 24 * 60 * 60 * 1000;

/**
 * Tasks whose end will never be reported, each with the reason: their node was removed, or has been down for a day. The
 * store records when it went down, so a change of leader does not restart the day.
 */
export function findOrphans(
  view: ReadView,
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
  return view.all("task").flatMap((task) => isolate(troubles, `task ${task.id}`, () => look(task), []));
}

/** The task as it becomes once no one will report on it any more. */
export function becomeOrphaned(task: Task, message: string, wallMs: WallMs): Task {
  return {
    ...task,
    status: { ...task.status, state: "ORPHANED", message, timestampMs: wallMs, appliedAtMs: wallMs },
  };
}
