import { HOST_LIMITS } from "../../shared/objects/limits.ts";
import type { LogFault, LogLine } from "../../shared/rpc/gen/dispatcher.ts";
import { complaintOf } from "./complaints.ts";
import type { LogTarget } from "./log-targets.ts";

const NANOS_MAX = 999_999;
/** Milliseconds that a Date can represent. */
const INSTANT_MS_MAX = 8_640_000_000_000_000;

/**
 * The published lines that may be accepted: those of tasks that this host was asked for, with valid instants and
 * places, and no longer than a line can be. Otherwise a worker could publish lines in the name of another host's task.
 */
export function believable(lines: readonly LogLine[], taskIds: readonly string[]): readonly LogLine[] {
  return lines.filter(
    ({ taskId, text, timestampMs, nanos, generation, offset }) =>
      taskIds.includes(taskId) &&
      text.length <= HOST_LIMITS.logLine.max &&
      Number.isSafeInteger(timestampMs) &&
      Math.abs(timestampMs) <= INSTANT_MS_MAX &&
      nanos <= NANOS_MAX &&
      [generation, offset].every((count) => Number.isSafeInteger(count) && count >= 0),
  );
}

/** Faults in one message: a host has one for each task, and readers want to see lines. */
const FAULTS_MAX = 100;

/** Why logs of these tasks cannot be had, according to their host; what it says about other tasks is ignored. */
export function complaintsOf(faults: readonly LogFault[], targets: readonly LogTarget[]): readonly string[] {
  return faults.slice(0, FAULTS_MAX).flatMap(({ taskId, reason }) => {
    const target = targets.find((each) => each.taskId === taskId);
    return target === undefined ? [] : [complaintOf(target, reason)];
  });
}
