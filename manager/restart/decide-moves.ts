import type { NodeId } from "../../shared/ids.ts";
import { isFinal } from "../../shared/objects/task-state.ts";
import type { Service, Task } from "../../shared/objects/types.ts";
import type { ReadView } from "../store/store-types.ts";
import { DisruptionBudget } from "../tasks/disruption-budget.ts";
import { isJob } from "../tasks/jobs.ts";
import { failedHeir, goalOf, isLeaving, isMoving } from "../tasks/leaving.ts";
import { keepsOriginal } from "../tasks/loss.ts";
import { isOnEmptiedNode, takesTasks } from "../tasks/node-fitness.ts";
import { rolloutRules } from "../tasks/policies.ts";
import { mayReplace } from "../tasks/restart-rules.ts";
import { preferred } from "../tasks/slot-phase.ts";
import { isGlobal, type Slot, slotsOf } from "../tasks/slots.ts";
import { isDirty } from "../tasks/task-dirty.ts";
import type { TaskStep } from "../tasks/task-steps.ts";

/** A slot whose task is to leave its node. */
interface Move {
  readonly slot: Slot;
  readonly leaving: readonly Task[];
  /** The successor on another node, or on its way to one; null = not made yet. */
  readonly heir: Task | null;
  /** Successors that have to leave in their turn: the task that came further serves until there is another one. */
  readonly surplus: readonly Task[];
}

/**
 * Moves a service's tasks off nodes that are being emptied, and those that leave for the sake of balance
 * (manager/scheduler/rebalance): a successor first, and the old task stops once that runs.
 * As many at once as an update of the service may replace. A task that cannot be had again (restart condition none, or
 * attempts used up) stays until it ends or the node's deadline comes; so does one for whose successor there is no room.
 */
export function decideMoves(view: ReadView, service: Service): readonly TaskStep[] {
  // One of a global service has nowhere to go; a job's is waited for, for it would begin its work anew elsewhere.
  if (isGlobal(service) || isJob(service)) return [];
  const { parallelism } = rolloutRules(service);
  const slots = slotsOf(service, view.tasksOfService(service.id));
  const moves = slots.flatMap((slot) => moveOf(view, service, slot) ?? []);
  const steps: TaskStep[] = slots.flatMap((slot) => calledOff(view, service, slot));
  const budget = new DisruptionBudget(view, service, slots);
  let free = parallelism === 0 ? Number.POSITIVE_INFINITY : parallelism;
  for (const { slot, heir, leaving, surplus } of moves) {
    steps.push(...surplus.map(({ id }): TaskStep => [{ kind: "shutdown", taskId: id }]));
    if (heir === null) {
      if (slot.runnable.some(isRefused)) free--;
      continue;
    }
    if (heir.status.state === "RUNNING" && budget.take(slot, leaving)) {
      steps.push(leaving.map(({ id }) => ({ kind: "shutdown", taskId: id })));
    } else free--;
  }
  for (const { slot, leaving, heir } of moves) {
    if (heir !== null || free <= 0 || !mayMove(slot) || slot.runnable.some(isRefused)) continue;
    const nodeId = heirsNode(view, slot, leaving);
    if (nodeId === null) continue;
    // Prepared only: whoever lets it start also waits out the delay that a successor has which failed before.
    steps.push([{ kind: "create", slot: slot.slot, nodeId, desiredState: "READY" }]);
    free--;
  }
  return steps;
}

/**
 * Where the successor goes: "" = wherever the scheduler finds room; null = nowhere, the move is about to be called off.
 */
function heirsNode(view: ReadView, slot: Slot, leaving: readonly Task[]): NodeId | "" | null {
  const moving = leaving.find(isMoving);
  // A node that is being emptied leaves no choice: then any other node will do.
  if (moving === undefined || leaving.some((task) => isOnEmptiedNode(view, task))) return "";
  const goal = view.get("node", goalOf(moving));
  return goal !== undefined && takesTasks(goal) && failedHeir(moving, slot.tasks) === undefined ? goal.id : null;
}

/** null = nothing is to leave; what runs an older spec, an update replaces. */
function moveOf(view: ReadView, service: Service, slot: Slot): Move | null {
  // First what is cheap, and true of nearly every slot.
  if (!slot.runnable.some((task) => isLeaving(view, task))) return null;
  const alive = slot.runnable.filter((task) => !isFinal(task.status.state) && !isDirty(view, task, service));
  const leaving = alive.filter((task) => isLeaving(view, task));
  if (leaving.length === 0) return null;
  const heirs = alive.filter((task) => !leaving.includes(task));
  const heir = heirs.find(({ status }) => status.state === "RUNNING") ?? heirs[0] ?? null;
  const serving = leaving.reduce(preferred, null);
  return { slot, leaving, heir, surplus: heir === null ? leaving.filter((task) => task !== serving) : [] };
}

/**
 * A task that stays where it is after all: one of two that are alike goes, unless an update sees to the slot. What has
 * ended is never the one that stays, however far it came.
 */
function calledOff(view: ReadView, service: Service, { runnable }: Slot): readonly TaskStep[] {
  // Two may be alike because a host is back: decide-returns.ts sees to both.
  if (keepsOriginal(service)) return [];
  if (runnable.length < 2 || runnable.some((task) => isDirty(view, task, service) || isLeaving(view, task))) return [];
  const keeper = runnable.filter(({ status }) => !isFinal(status.state)).reduce(preferred, null);
  if (keeper === null) return [];
  return runnable.filter((task) => task !== keeper).map(({ id }) => [{ kind: "shutdown", taskId: id }]);
}

/**
 * A successor that could not even be prepared. The delay until it would have started is waited out (decideRestarts says
 * why); until then it takes the place of the next one, which would be refused as soon.
 */
const isRefused = ({ desiredState, status }: Task): boolean => desiredState === "READY" && isFinal(status.state);

function mayMove(slot: Slot): boolean {
  const newest = slot.tasks.at(-1);
  return newest !== undefined && mayReplace(newest, slot.tasks);
}
