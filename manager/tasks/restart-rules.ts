import { unreachable } from "../../shared/invariant.ts";
import type { Task } from "../../shared/objects/types.ts";
import type { WallMs } from "../../shared/ports/clock.ts";
import { RESTART_DELAY_MS, RESTART_DELAY_MS_MAX } from "../../shared/service-spec/defaults.ts";
import { restartRules } from "./policies.ts";

/** A task that ends sooner than this after it might start counts towards a crash loop. */
export const CRASH_LIFE_MS = 60_000;
/** Up to this many quick ends in a row get the plain delay, as in Docker; each further one doubles it. */
const CRASHES_AT_PLAIN_DELAY = 2;

/** How much sooner a grown delay may be over. */
const JITTER = 0.2;

/** Whether the task's own process ended it, rather than a person, an update or the loss of its node. */
export function endedByItself(task: Task): boolean {
  const { state } = task.status;
  return state === "COMPLETE" || state === "FAILED" || state === "REJECTED";
}

/**
 * Whether the restart policy allows a new task in place of `task`. The history is read from the slot's tasks in the
 * store, so that a new leader continues the count. Only a task that ended by itself is an attempt: a drained or lost
 * node uses none up.
 */
export function mayReplace(task: Task, slotTasks: readonly Task[]): boolean {
  const rules = restartRules(task.spec);
  switch (rules.condition) {
    case "NONE":
      return false;
    case "ON_FAILURE":
      if (task.status.state === "COMPLETE") return false;
      break;
    case "ANY":
      // A job that would begin again whatever its tasks do would never end.
      if (task.jobIteration !== undefined && task.status.state === "COMPLETE") return false;
      break;
    default:
      unreachable(rules.condition);
  }
  if (rules.attemptsMax === 0 || !endedByItself(task)) return true;
  const since = rules.windowMs === 0 ? Number.NEGATIVE_INFINITY : endedAtMs(task) - rules.windowMs;
  const attempts = endsBefore(task, slotTasks).filter((ended) => endedAtMs(ended) > since);
  return attempts.length < rules.attemptsMax;
}

/**
 * How long a replacement waits after it was made, given the slot's tasks. 0 when its predecessor did not end by itself
 * or ran another spec. A delay that was set does not grow; the default of 5 s doubles, up to a minute, from the third
 * quick end in a row on, so that a service that cannot run does not keep the cluster busy; up to a fifth less by
 * chance, so that tasks that ended together do not start together for ever. It stays at 5 s where
 * attempts are counted in a window: a growing delay would push every attempt out of the window, and the service would
 * never be given up.
 */
export function startDelayMs(task: Task, slotTasks: readonly Task[]): number {
  return delayAfter(
    slotTasks.filter((other) => other.id !== task.id && isEarlier(other, task)),
    task,
  );
}

/** The same for a successor that is yet to be made, given all tasks of its slot. */
export function delayAfter(before: readonly Task[], { spec, generation }: Pick<Task, "spec" | "generation">): number {
  const previous = before.at(-1);
  if (previous === undefined || !endedByItself(previous) || previous.generation !== generation) return 0;
  const { delayMs, attemptsMax, windowMs } = restartRules(spec);
  if (delayMs !== null) return delayMs;
  if (attemptsMax > 0 && windowMs > 0) return RESTART_DELAY_MS;
  const crashes = quickEndsOf(before, generation);
  if (crashes <= CRASHES_AT_PLAIN_DELAY) return RESTART_DELAY_MS;
  const grownMs = RESTART_DELAY_MS * 2 ** (crashes - CRASHES_AT_PLAIN_DELAY);
  return Math.round(Math.min(RESTART_DELAY_MS_MAX, grownMs) * (1 - JITTER * shareOf(previous.id)));
}

/**
 * How many tasks ended quickly, one after the other, up to the last one. History keeps only a few; the oldest of those
 * that count says how many there were before it.
 */
export function quickEndsOf(before: readonly Task[], generation: number): number {
  let count = 0;
  let earlier = 0;
  for (const ended of before.toReversed()) {
    if (ended.generation !== generation || !endedByItself(ended) || lifeMs(ended) >= CRASH_LIFE_MS) return count;
    count++;
    earlier = ended.quickEnds ?? 0;
  }
  return count + earlier;
}

/** From when it might start: its own delay is no life. */
function lifeMs(task: Task): number {
  return endedAtMs(task) - Math.max(task.meta.createdAtMs, task.notBeforeMs ?? 0);
}

/**
 * 0 to 1, by the task's id, which was drawn at random: the same for each leader that asks, and another one for each of
 * the tasks that a fault has ended together, so that they do not come back together.
 */
function shareOf(id: string): number {
  let hash = 0;
  for (const character of id) hash = (hash * 31 + character.charCodeAt(0)) % 65_536;
  return hash / 65_536;
}

/** When the task's end became known, by the leader's clock. */
export function endedAtMs(task: Task): WallMs {
  return task.status.appliedAtMs || task.status.timestampMs;
}

function endsBefore(task: Task, slotTasks: readonly Task[]): readonly Task[] {
  return slotTasks.filter(
    (other) =>
      other.id !== task.id && other.generation === task.generation && endedByItself(other) && isEarlier(other, task),
  );
}

function isEarlier(a: Task, b: Task): boolean {
  return a.meta.createdAtMs < b.meta.createdAtMs || (a.meta.createdAtMs === b.meta.createdAtMs && a.id < b.id);
}
