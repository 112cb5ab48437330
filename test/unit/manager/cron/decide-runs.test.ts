import assert from "node:assert/strict";
import { test } from "node:test";
import { decideRuns } from "../../../../manager/cron/decide-runs.ts";
import type { JobStatus, Schedule } from "../../../../shared/rpc/gen/objects.ts";
import * as make from "../../../support/objects.ts";
import { viewOf } from "../../../support/view.ts";

const MINUTE = 60_000;
/** 2026-01-01 12:00. */
const NOON = Date.UTC(2026, 0, 1, 12);
const at = (minutes: number, seconds = 0): number => NOON + minutes * MINUTE + seconds * 1000;

interface Case {
  readonly schedule?: Partial<Schedule>;
  readonly status?: Partial<JobStatus>;
  /** State of its only task in the present run; absent = there is none. */
  readonly task?: "RUNNING" | "COMPLETE";
  readonly nowMs: number;
}

/** "run 1 beside 0, 12:05 dealt with, next 12:10, look in 300 s". */
function decide({ schedule, status, task, nowMs }: Case): string {
  const job = make.createService(
    "backup",
    {
      job: { total: 1, max: 1 },
      schedule: {
        cron: "*/5 * * * *",
        timeZone: "",
        concurrency: "FORBID",
        startDeadlineMs: 0,
        history: 0,
        ...schedule,
      },
    },
    { jobStatus: make.createJobStatus({ iteration: 0, lastScheduledMs: NOON, nextRunMs: at(5), ...status }) },
  );
  const tasks = task === undefined ? [] : [make.createTask("t", job, { slot: 1, state: task })];
  const { jobStatus, dueInMs } = decideRuns(viewOf({ services: [job], tasks }), job, nowMs);
  const clock = (ms: number): string => new Date(ms).toISOString().slice(11, 16);
  const look = `look in ${dueInMs === null ? "no time" : `${dueInMs / 1000} s`}`;
  if (jobStatus === null) return look;
  const { iteration, earlierRuns, lastScheduledMs, nextRunMs, lastExecutionMs } = jobStatus;
  const began = lastExecutionMs === nowMs ? `run ${iteration}` : "no run";
  const beside = earlierRuns.length === 0 ? "" : ` beside ${earlierRuns}`;
  return `${began}${beside}, ${clock(lastScheduledMs)} dealt with, next ${clock(nextRunMs)}, ${look}`;
}

const cases: readonly (readonly [claim: string, given: Case, expected: string])[] = [
  ["waits for the next time", { task: "COMPLETE", nowMs: at(1) }, "look in 240 s"],
  ["begins at its time", { task: "COMPLETE", nowMs: at(5) }, "run 1, 12:05 dealt with, next 12:10, look in 300 s"],
  ["begins late", { task: "COMPLETE", nowMs: at(9, 59) }, "run 1, 12:05 dealt with, next 12:10, look in 1 s"],
  [
    "begins the first run without counting one",
    { status: { lastExecutionMs: 0 }, nowMs: at(5) },
    "run 0, 12:05 dealt with, next 12:10, look in 300 s",
  ],
  [
    "makes up for no more than the newest time",
    { task: "COMPLETE", nowMs: at(61) },
    "run 1, 13:00 dealt with, next 13:05, look in 240 s",
  ],
  [
    "does not begin what another leader began, by a clock that was ahead",
    { task: "COMPLETE", status: { lastScheduledMs: at(5), nextRunMs: at(10) }, nowMs: at(4, 58) },
    "no run, 12:05 dealt with, next 12:05, look in 2 s",
  ],
  [
    "leaves a time out while a run is under way",
    { task: "RUNNING", nowMs: at(5) },
    "no run, 12:05 dealt with, next 12:10, look in 300 s",
  ],
  [
    "or waits for its end as long as the start deadline lets it",
    { schedule: { startDeadlineMs: MINUTE }, task: "RUNNING", nowMs: at(5) },
    "no run, 12:00 dealt with, next 12:10, look in 60.001 s",
  ],
  [
    "and begins when it is over in time",
    { schedule: { startDeadlineMs: MINUTE }, task: "COMPLETE", nowMs: at(5, 59) },
    "run 1, 12:05 dealt with, next 12:10, look in 241 s",
  ],
  [
    "but not later",
    { schedule: { startDeadlineMs: MINUTE }, task: "COMPLETE", nowMs: at(6, 1) },
    "no run, 12:05 dealt with, next 12:10, look in 239 s",
  ],
  [
    "begins beside the other where that is allowed",
    { schedule: { concurrency: "ALLOW" }, task: "RUNNING", nowMs: at(5) },
    "run 1 beside 0, 12:05 dealt with, next 12:10, look in 300 s",
  ],
  [
    "replaces the other",
    { schedule: { concurrency: "REPLACE" }, task: "RUNNING", nowMs: at(5) },
    "run 1, 12:05 dealt with, next 12:10, look in 300 s",
  ],
  [
    "forgets runs beside it that are over",
    { schedule: { concurrency: "ALLOW" }, task: "COMPLETE", status: { earlierRuns: [0], iteration: 1 }, nowMs: at(1) },
    "look in 240 s",
  ],
  [
    "looks at the clock again before long, since it may be set",
    { schedule: { cron: "0 0 1 1 *" }, status: { nextRunMs: Date.UTC(2027, 0, 1) }, task: "COMPLETE", nowMs: at(1) },
    "look in 600 s",
  ],
];
for (const [claim, given, expected] of cases) {
  test(`a schedule ${claim}`, () => assert.equal(decide(given), expected));
}

test("a job without a schedule begins no runs", () => {
  const job = make.createService("job", { job: { total: 1, max: 1 } });
  assert.deepEqual(decideRuns(viewOf({ services: [job] }), job, NOON), { jobStatus: null, dueInMs: null });
});
