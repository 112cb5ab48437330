import { isBefore } from "../../shared/objects/task-state.ts";
import type { Service, Task } from "../../shared/objects/types.ts";
import type { WallMs } from "../../shared/ports/clock.ts";
import type { ReadView } from "../store/store-types.ts";
import { mayRunUnheard } from "../tasks/loss.ts";
import { isStopped } from "../tasks/node-fitness.ts";
import { startDelayMs } from "../tasks/restart-rules.ts";
import { liveSlots, type Slot } from "../tasks/slots.ts";
import type { TaskStep } from "../tasks/task-steps.ts";

/** A new task waits at most this long for the old one of its slot to stop, as with Docker. */
export const STOP_WAIT_MS_MAX = 60_000;

export interface StartPlan {
  readonly steps: readonly TaskStep[];
  /** When the next waiting task is due even if nothing else changes; null = none is waiting for a time. */
  readonly dueInMs: number | null;
}

/**
 * Lets each task with desired state READY start once its delay is over and the task it replaces has stopped. Only the
 * store is needed: the delay counts from the task's creation, so a new leader continues where the old one stopped.
 */
export function decideStarts(view: ReadView, service: Service, nowMs: WallMs): StartPlan {
  const steps: TaskStep[] = [];
  let dueInMs: number | null = null;
  for (const slot of liveSlots(view, service)) {
    for (const task of slot.runnable) {
      if (task.desiredState !== "READY") continue;
      const waitMs = waitOf(view, slot, task, nowMs);
      if (waitMs === null) continue;
      if (waitMs <= 0) steps.push([{ kind: "start", taskId: task.id }]);
      else dueInMs = Math.min(dueInMs ?? waitMs, waitMs);
    }
  }
  return { steps, dueInMs };
}

/** null = for as long as it takes: until another task of the slot has ended, or counts as lost. */
function waitOf(view: ReadView, slot: Slot, task: Task, nowMs: WallMs): number | null {
  const delayMs = startDelayMs(task, slot.tasks);
  // A new leader's clock may be behind the old one's: an age below zero must not lengthen the wait.
  const ageMs = Math.max(0, nowMs - task.meta.createdAtMs);
  const ending = slot.tasks.filter(
    (other) => other.id !== task.id && !isBefore(other.desiredState, "SHUTDOWN") && !isStopped(view, other),
  );
  // Its host cannot be told to stop it, and whoever gave it a time of its own wants that waited out.
  if (ending.some((other) => mayRunUnheard(view, other))) return null;
  const isHeldUp = ending.length > 0;
  return (isHeldUp ? Math.max(delayMs, STOP_WAIT_MS_MAX) : delayMs) - ageMs;
}
