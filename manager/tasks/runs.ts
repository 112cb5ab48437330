import type { Service } from "../../shared/objects/types.ts";
import type { WallMs } from "../../shared/ports/clock.ts";
import type { JobStatus } from "../../shared/rpc/gen/objects.ts";
import type { ReadView } from "../store/store-types.ts";
import { liveRuns, nextIteration } from "./jobs.ts";
import { placesOf } from "./places.ts";

/** The runs of a job in which something is left to do, or may still run. */
export function unfinishedRuns(view: ReadView, service: Service): readonly number[] {
  return liveRuns(service).filter((run): run is number => {
    if (run === undefined) return false;
    const { kept, open } = placesOf(view, service, run);
    return open.length > 0 || kept.some(({ runnable }) => runnable.length > 0);
  });
}

/** A job's status with one run more. @param beside runs that go on beside it; others end. */
export function beginRun(before: JobStatus | null, nowMs: WallMs, beside: readonly number[]): JobStatus {
  return {
    lastScheduledMs: before?.lastScheduledMs ?? 0,
    nextRunMs: before?.nextRunMs ?? 0,
    iteration: nextIteration(before),
    lastExecutionMs: nowMs,
    earlierRuns: beside,
  };
}
