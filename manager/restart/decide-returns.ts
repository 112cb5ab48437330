import { isFinal } from "../../shared/objects/task-state.ts";
import type { Service, Task } from "../../shared/objects/types.ts";
import type { WallMs } from "../../shared/ports/clock.ts";
import type { ReadView } from "../store/store-types.ts";
import { isLeaving } from "../tasks/leaving.ts";
import { isLost, keepsOriginal } from "../tasks/loss.ts";
import { preferred } from "../tasks/slot-phase.ts";
import { type Slot, slotsOf } from "../tasks/slots.ts";
import { isDirty } from "../tasks/task-dirty.ts";
import type { TaskStep } from "../tasks/task-steps.ts";
import type { StartPlan } from "./decide-starts.ts";

/**
 * A lost host that is back must have been there for so long before the task that stood in goes: by then its worker has
 * reported what became of the original, and a host that comes and goes ends nothing.
 */
export const RETURN_SETTLE_MS = 5_000;

/**
 * Of a service that keeps originals: ends what stood in for a task whose host is back, if that task still runs. The
 * original is the older one; of two that have not come equally far, the further advanced one stays.
 */
export function decideReturns(view: ReadView, service: Service, nowMs: WallMs): StartPlan {
  if (!keepsOriginal(service)) return { steps: [], dueInMs: null };
  const steps: TaskStep[] = [];
  let dueInMs: number | null = null;
  for (const { runnable } of slotsOf(service, view.tasksOfService(service.id))) {
    if (!isSplit(view, service, runnable)) continue;
    const keeper = runnable.reduce(preferred, null);
    const waitMs = keeper === null ? null : settlesInMs(view, keeper, nowMs);
    if (waitMs === null) continue;
    if (waitMs > 0) dueInMs = Math.min(dueInMs ?? waitMs, waitMs);
    else steps.push(runnable.filter((task) => task !== keeper).map(({ id }) => ({ kind: "shutdown", taskId: id })));
  }
  return { steps, dueInMs };
}

/** Two tasks that are alike, with nobody else to see to them: no end, no update, no node that is emptied, no loss. */
function isSplit(view: ReadView, service: Service, runnable: Slot["runnable"]): boolean {
  const isOthers = (task: Task): boolean =>
    isFinal(task.status.state) || isDirty(view, task, service) || isLeaving(view, task) || isLost(view, task);
  return runnable.length > 1 && !runnable.some(isOthers);
}

/** null = it cannot be said: its node is not there. */
function settlesInMs(view: ReadView, { nodeId }: Task, nowMs: WallMs): number | null {
  const node = nodeId === "" ? undefined : view.get("node", nodeId);
  if (node?.status.state !== "READY") return null;
  // The instant may be by another leader's clock, which was ahead: that must not lengthen the wait.
  return RETURN_SETTLE_MS - Math.max(0, nowMs - node.status.sinceMs);
}
