import { readdirSync } from "node:fs";
import { getPriority, setPriority } from "node:os";

/**
 * How many steps of nice(2) this process is ahead of what it starts. A step is worth a quarter of the processor time:
 * with ten, the daemon gets nine times what a single busy program gets beside it, and is the next to run when it wakes.
 */
export const STEPS_AHEAD = 10;
/** The most important there is. */
const NICE_MIN = -20;

export interface Priorities {
  /** What this process was started with, and what it starts has. */
  readonly usual: number;
  readonly own: number;
}

/** null = this process never asked for more. Each thread has a variable of its own. */
let priorities: Priorities | null = null;

/**
 * Lets this process go ahead of what it starts, and of others on its host: of all that want a processor, it is the one
 * that others wait for. In Linux each thread has a priority of its own and hands it on to those it starts, so it is set
 * for those that are there; call it before there is work. What is started must come through `atUsualPriority`.
 * @throws Error when the kernel does not allow it, as in a container without CAP_SYS_NICE; then nothing has changed.
 */
export function raiseOwnPriority(): void {
  const usual = getPriority();
  const own = Math.max(NICE_MIN, usual - STEPS_AHEAD);
  setPriority(0, own);
  for (const thread of readdirSync("/proc/self/task")) setPriority(Number(thread), own);
  priorities = { usual, own };
}

/** null = this thread starts everything as it is itself. */
export function ownPriorities(): Priorities | null {
  return priorities;
}

/** For another thread of a process that has raised its priority, which has what its first thread has. */
export function sharePriorities(of: Priorities | null): void {
  priorities = of;
}

/** Does a synchronous step in which a program is started: that has the priority which this process was given. */
export function atUsualPriority<T>(step: () => T): T {
  if (priorities === null) return step();
  // Of this thread alone, which is the one that makes the child.
  setPriority(0, priorities.usual);
  try {
    return step();
  } finally {
    setPriority(0, priorities.own);
  }
}
