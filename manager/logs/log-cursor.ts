import type { LogLine } from "../../shared/rpc/gen/dispatcher.ts";

export type Line = LogLine;

/** Lines in the order of time; of the same instant, as they came. */
export function sortLines(lines: readonly Line[]): readonly Line[] {
  return [...lines].sort((a, b) => a.timestampMs - b.timestampMs || a.nanos - b.nanos);
}

/**
 * How far each task's log has been read, so that a subscription can be made again after a broken session without
 * repeating lines. Two lines of one nanosecond count as one place: the second may be lost over a break, never doubled.
 */
export class LogCursor {
  readonly #last = new Map<string, Line>();

  /** The lines that were not read before; moves on. `resumedFrom` is where the publisher began again. */
  takeNew(lines: readonly Line[], resumedFrom: ReadonlyMap<string, Line>): readonly Line[] {
    return lines.filter((line) => {
      const before = resumedFrom.get(line.taskId);
      if (before !== undefined && !isAfter(line, before)) return false;
      const last = this.#last.get(line.taskId);
      if (last === undefined || isAfter(line, last)) this.#last.set(line.taskId, line);
      return true;
    });
  }

  /** Where to go on with these tasks; tasks never read are missing. */
  positions(taskIds: readonly string[]): ReadonlyMap<string, Line> {
    const known = taskIds.map((taskId) => [taskId, this.#last.get(taskId)] as const);
    return new Map(known.flatMap(([taskId, line]) => (line === undefined ? [] : [[taskId, line] as const])));
  }
}

function isAfter(a: Line, b: Line): boolean {
  return a.timestampMs !== b.timestampMs ? a.timestampMs > b.timestampMs : a.nanos > b.nanos;
}
