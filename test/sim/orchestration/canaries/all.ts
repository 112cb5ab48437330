import { type Canary, canary } from "../../raft/canaries/canary.ts";

/** Bugs in the leader's loops, each of which breaks a promise to people: `scripts/sim canaries`. */
export const loopCanaries: readonly Canary[] = [
  canary(
    "overcommitsMemory",
    "what a task reserves is not taken from its node",
    "scheduler/node-load.ts",
    "this.freeMemoryBytes -= sign *",
    "this.freeMemoryBytes -= 0 *",
  ),
  canary(
    "planLeavesTrace",
    "the first placement of each plan stays counted in the book",
    "scheduler/load-book.ts",
    "of this.#trials.splice(0)",
    "of this.#trials.splice(0).slice(1)",
  ),
  canary(
    "roomUnnoticed",
    "blocked tasks are not looked at again when a task ends",
    "scheduler/schedule-book.ts",
    "this.roomier.add(task.nodeId);",
    "this.roomier.delete(task.nodeId);",
  ),
  canary(
    "addressFreedEarly",
    "an address is free as soon as its task is told to stop",
    "allocator/allocation-book.ts",
    "task === undefined || isFinal(task.status.state)",
    "task === undefined || !isRunnable(task)",
  ),
  canary(
    "waitsForEver",
    "who waits for an address is not woken when a task ends",
    "allocator/allocation-book.ts",
    "ends(change) || givesUp(change)) this.wake()",
    "givesUp(change)) this.wake()",
  ),
  canary(
    "parallelismIgnored",
    "an update replaces all slots at once",
    "update/decide-update.ts",
    "if (free <= 0 || isHeld) break;",
    "if (isHeld) break;",
  ),
  canary(
    "startFirstStopsFirst",
    "a start-first update stops the old task before the new one runs",
    "update/decide-update.ts",
    'rules.order === "START_FIRST" && keeper?.status.state !== "RUNNING"',
    'rules.order === "START_FIRST" && keeper === null',
  ),
  canary(
    "startsBesideOldTask",
    "a successor starts although the task it replaces has not stopped",
    "restart/decide-starts.ts",
    "isHeldUp ? Math.max(delayMs, STOP_WAIT_MS_MAX) : delayMs",
    "delayMs",
  ),
  canary(
    "jobDoneTwice",
    "a slot of a job that is done counts as not done",
    "tasks/slots.ts",
    'jobIteration !== undefined && status.state === "COMPLETE"',
    'jobIteration !== undefined && status.state === "ORPHANED"',
  ),
  canary(
    "evacuationStopsFirst",
    "a task leaves an emptied node before its successor runs",
    "restart/decide-moves.ts",
    'heir.status.state === "RUNNING" && budget',
    'heir.status.state !== "NEW" && budget',
  ),
  canary(
    "dependencyIgnored",
    "a task does not wait for what its service depends on",
    "dependencies/run-dependencies.ts",
    'if (err === "") tx.update',
    "if (true) tx.update",
  ),
  canary(
    "historyOfRunningReaped",
    "a task whose container may still run is deleted",
    "reaper/decide-reaping.ts",
    'task.desiredState === "REMOVE" && isGone(view, task)',
    'task.desiredState === "REMOVE"',
  ),
];
