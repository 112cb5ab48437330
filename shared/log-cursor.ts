import type { LogLine } from "./rpc/gen/dispatcher.ts";

/** The position of a line in its task's log. */
export type LogPosition = Pick<LogLine, "taskId" | "timestampMs" | "nanos">;

/**
 * How far each task's log has been read, so that reading can resume after a break without repeating a line. Two lines
 * of one nanosecond share a position: the second may be lost over a break, but neither is ever read twice.
 */
export class LogCursor {
  readonly #last = new Map<string, LogPosition>();

  /** Moves on to the line, unless later lines of its task have been read. */
  take(line: LogPosition): void {
    const last = this.#last.get(line.taskId);
    if (last === undefined || comparePositions(line, last) > 0) this.#last.set(line.taskId, line);
  }

  /** Where these tasks' logs, by default all, have been read to; tasks never read are missing. */
  positions(taskIds: Iterable<string> = this.#last.keys()): ReadonlyMap<string, LogPosition> {
    const positions = new Map<string, LogPosition>();
    for (const taskId of taskIds) {
      const last = this.#last.get(taskId);
      if (last !== undefined) positions.set(taskId, last);
    }
    return positions;
  }
}

/** Whether the line comes after these positions. Lines of one reading are compared with where it resumed only. */
export function isNewSince(resumedFrom: ReadonlyMap<string, LogPosition>, line: LogPosition): boolean {
  const before = resumedFrom.get(line.taskId);
  return before === undefined || comparePositions(line, before) > 0;
}

/** Negative = `a` was written before `b`. */
export function comparePositions(a: LogPosition, b: LogPosition): number {
  return a.timestampMs - b.timestampMs || a.nanos - b.nanos;
}
