import { isFinal, isRunnable } from "../../shared/objects/task-state.ts";
import type { Task } from "../../shared/objects/types.ts";
import { type ControlLoop, type LoopDeps, runControlLoop } from "../control-loop.ts";
import { byKind } from "../store/by-kind.ts";
import { changesFitness } from "../tasks/node-fitness.ts";
import { TroubleBook } from "../trouble.ts";
import { applySchedule, type ScheduleEntry } from "./apply-schedule.ts";
import { decideSchedule } from "./decide-schedule.ts";
import { FailureRecord } from "./failure-record.ts";

/** Tasks of a service that arrive in several transactions are spread better together; every start waits this long. */
const QUIET_MS = 5;
const DELAY_MS_MAX = 50;
/** Tasks written in one transaction; well below what a transaction may hold. */
const ENTRIES_MAX = 100;
/** There is only one thing to look at: all pending tasks. */
const PENDING = "pending";

/** Finds nodes for pending tasks, or says why there is none, until the signal. */
export async function runScheduler(deps: LoopDeps, signal: AbortSignal): Promise<void> {
  const failures = new FailureRecord();
  failures.addAll(deps.store.view());
  using _subscription = deps.store.subscribe(({ changes }) => {
    for (const change of changes) failures.note(change);
  });
  await runControlLoop(schedulerLoop(deps, failures), deps, signal);
}

function schedulerLoop({ store, clock, random, log }: LoopDeps, failures: FailureRecord): ControlLoop<typeof PENDING> {
  const book = new TroubleBook(log, random);
  let isBlocked = false;
  return {
    name: "scheduler",
    scope: "everything",
    quietMs: QUIET_MS,
    delayMsMax: DELAY_MS_MAX,
    everything: () => [PENDING],
    concerned: (change, view) => (bringsWork(change, view) || (isBlocked && makesRoom(change, view)) ? [PENDING] : []),
    async reconcile(_key, lookAgain) {
      const nowMs = clock.wallNow();
      failures.prune(nowMs);
      const plan = decideSchedule(store.view(), (task, nodeId) => failures.count(task, nodeId, nowMs));
      isBlocked = plan.blocked.length > 0;
      const troubles = [...plan.troubles];
      const entries: readonly ScheduleEntry[] = [...plan.assigned, ...plan.blocked];
      const batches: Promise<number>[] = [];
      for (let at = 0; at < entries.length; at += ENTRIES_MAX) {
        const batch = entries.slice(at, at + ENTRIES_MAX);
        batches.push(store.update("schedule tasks", (tx) => applySchedule(tx, batch, nowMs, troubles)));
      }
      const refused = (await Promise.all(batches)).reduce((sum, count) => sum + count, 0);
      if (refused > 0) lookAgain(PENDING, 0);
      const retryMs = book.pass(troubles);
      if (retryMs !== null) lookAgain(PENDING, retryMs);
    },
  };
}

const bringsWork = byKind(
  {
    task: ({ action, old, object }) => action !== "remove" && isWaiting(object) && (old === null || !isWaiting(old)),
    node: changesFitness,
  },
  false,
);

/** Whether a change may make room for a blocked task somewhere. */
const makesRoom = byKind(
  {
    task: ({ action, old, object: task }) => {
      if (task.nodeId === "") return false;
      if (action === "remove") return true;
      const ends = old !== null && isFinal(old.status.state) !== isFinal(task.status.state);
      return ends || (old !== null && isRunnable(old) !== isRunnable(task));
    },
  },
  false,
);

function isWaiting(task: Task): boolean {
  return task.status.state === "PENDING" && isRunnable(task);
}
