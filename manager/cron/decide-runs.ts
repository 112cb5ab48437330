import { lastBetween, nextAfter } from "../../shared/cron/next-run.ts";
import { parseCron } from "../../shared/cron/parse-cron.ts";
import { unreachable } from "../../shared/invariant.ts";
import type { Service } from "../../shared/objects/types.ts";
import type { WallMs } from "../../shared/ports/clock.ts";
import type { JobStatus, Schedule } from "../../shared/rpc/gen/objects.ts";
import type { ReadView } from "../store/store-types.ts";
import { beginRun, unfinishedRuns } from "../tasks/runs.ts";

export interface RunPlan {
  /** What is to be written; null = as it is. */
  readonly jobStatus: JobStatus | null;
  /** When to look again even if nothing changes; null = no need. */
  readonly dueInMs: number | null;
}

/** Timers count time that passes, and a clock on the wall may be set meanwhile: at the latest then it is read again. */
const LOOK_AGAIN_MS_MAX = 10 * 60_000;

/**
 * Whether a job's schedule begins a run now. Its newest time up to now counts, once, whoever leads: which one that was
 * is written in the same transaction. Times before it that nobody saw are not made up for.
 */
export function decideRuns(view: ReadView, service: Service, nowMs: WallMs): RunPlan {
  const { schedule } = service.spec;
  const before = service.jobStatus;
  if (schedule === null || before === null) return { jobStatus: null, dueInMs: null };
  const times = parseCron(schedule.cron);
  const zone = schedule.timeZone || "UTC";
  const busy = unfinishedRuns(view, service);
  const present = { ...before, earlierRuns: before.earlierRuns.filter((run) => busy.includes(run)) };
  const dueMs = lastBetween(times, zone, before.lastScheduledMs, nowMs);
  const outcome = dueMs === null ? present : atTime(present, schedule, { dueMs, nowMs, busy });
  const nextMs = nextAfter(times, zone, nowMs);
  const jobStatus = { ...(outcome ?? present), nextRunMs: nextMs ?? 0 };
  const heldUntilMs = outcome === null && dueMs !== null ? dueMs + schedule.startDeadlineMs + 1 : nextMs;
  const waitMs = Math.min(nextMs ?? Number.POSITIVE_INFINITY, heldUntilMs ?? Number.POSITIVE_INFINITY) - nowMs;
  return {
    jobStatus: isSame(jobStatus, before) ? null : jobStatus,
    dueInMs: Math.min(LOOK_AGAIN_MS_MAX, Math.max(1, waitMs)),
  };
}

interface Due {
  readonly dueMs: WallMs;
  readonly nowMs: WallMs;
  readonly busy: readonly number[];
}

/** The status once a time has been dealt with; null = it may yet begin, when the run under way is over in time. */
function atTime(present: JobStatus, schedule: Schedule, { dueMs, nowMs, busy }: Due): JobStatus | null {
  const past = { ...present, lastScheduledMs: dueMs };
  const { startDeadlineMs, concurrency } = schedule;
  if (startDeadlineMs > 0 && nowMs - dueMs > startDeadlineMs) return past;
  switch (concurrency) {
    case "ALLOW":
      return beginRun(past, nowMs, busy);
    case "REPLACE":
      return beginRun(past, nowMs, []);
    case "FORBID":
      if (busy.length === 0) return beginRun(past, nowMs, []);
      return startDeadlineMs > 0 ? null : past;
    default:
      return unreachable(concurrency);
  }
}

function isSame(a: JobStatus, b: JobStatus): boolean {
  return (
    a.iteration === b.iteration &&
    a.lastExecutionMs === b.lastExecutionMs &&
    a.lastScheduledMs === b.lastScheduledMs &&
    a.nextRunMs === b.nextRunMs &&
    a.earlierRuns.length === b.earlierRuns.length
  );
}
