import { HOST_LIMITS } from "../../shared/objects/limits.ts";
import { cutText } from "../../shared/objects/status-text.ts";
import type { LogLine } from "../../shared/rpc/gen/dispatcher.ts";

/** Sentences in one message; a host has one for each task, and readers want to read. */
const ERRORS_MAX = 100;
const NANOS_MAX = 999_999;
/** Milliseconds that a Date can say. */
const INSTANT_MS_MAX = 8_640_000_000_000_000;

/**
 * What may be believed of published lines: those of the tasks that this host was asked for, with instants that are
 * some, no longer than a line can be. A worker that publishes lines of another host's task would speak in that task's
 * name.
 */
export function believable(lines: readonly LogLine[], taskIds: readonly string[]): readonly LogLine[] {
  return lines.filter(
    ({ taskId, text, timestampMs, nanos }) =>
      taskIds.includes(taskId) &&
      text.length <= HOST_LIMITS.logLine.max &&
      Number.isSafeInteger(timestampMs) &&
      Math.abs(timestampMs) <= INSTANT_MS_MAX &&
      nanos <= NANOS_MAX,
  );
}

/** Sentences about logs that could not be had, cut to what a sentence is. */
export function sentences(errors: readonly string[]): readonly string[] {
  return errors.slice(0, ERRORS_MAX).map((error) => cutText(error, HOST_LIMITS.logError.max));
}
