import type { ContainerKey } from "../../shared/ids.ts";
import type { Clock, InstantMs } from "../../shared/ports/clock.ts";
import { TASK_QUESTIONS_BURST, TASK_QUESTIONS_PER_SECOND } from "./limits.ts";

const PER_MS = TASK_QUESTIONS_PER_SECOND / 1_000;
/** Tasks whose pace is remembered before those that are at rest are forgotten. */
const TASKS_MAX = 1_000;

/** How many more questions each task may ask now: a bucket that fills steadily. */
export class TaskPace {
  readonly #clock: Clock;
  readonly #buckets = new Map<ContainerKey, { left: number; at: InstantMs }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether the task may ask this one too. */
  allows(taskId: ContainerKey): boolean {
    const now = this.#clock.now();
    const bucket = this.#buckets.get(taskId) ?? { left: TASK_QUESTIONS_BURST, at: now };
    const left = filled(bucket, now);
    if (left < 1) return false;
    if (this.#buckets.size >= TASKS_MAX) this.#forgetIdle(now);
    this.#buckets.set(taskId, { left: left - 1, at: now });
    return true;
  }

  #forgetIdle(now: InstantMs): void {
    for (const [taskId, bucket] of this.#buckets)
      if (filled(bucket, now) >= TASK_QUESTIONS_BURST) this.#buckets.delete(taskId);
  }
}

function filled({ left, at }: { readonly left: number; readonly at: InstantMs }, now: InstantMs): number {
  return Math.min(TASK_QUESTIONS_BURST, left + (now - at) * PER_MS);
}
