import type { LogPosition } from "./rpc/gen/dispatcher.ts";

/** A line, as far as it has a place in its task's log. */
export type PlacedLine = LogPosition;

/** What is said of how far logs were read, at most: of the logs read last. */
export const LOG_POSITIONS_MAX = 10_000;

/** How far each task's log has been read, so that reading can resume after a break, without a line lost or repeated. */
export class LogCursor {
  readonly #last = new Map<string, LogPosition>();

  constructor(positions: Iterable<LogPosition> = []) {
    for (const position of positions) this.take(position);
  }

  /** Moves on to the line, unless later lines of its task have been read. */
  take(line: PlacedLine): void {
    const last = this.#last.get(line.taskId);
    if (last !== undefined && comparePositions(line, last) <= 0) return;
    // Deleted first: those read last are last.
    this.#last.delete(line.taskId);
    const { taskId, timestampMs, nanos, generation, offset } = line;
    this.#last.set(taskId, { taskId, timestampMs, nanos, generation, offset });
    const [oldest] = this.#last.keys();
    if (this.#last.size > LOG_POSITIONS_MAX && oldest !== undefined) this.#last.delete(oldest);
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
export function isNewSince(resumedFrom: ReadonlyMap<string, LogPosition>, line: PlacedLine): boolean {
  const before = resumedFrom.get(line.taskId);
  return before === undefined || comparePositions(line, before) > 0;
}

/**
 * Of two lines of one task: negative = `a` was written before `b`. By their places in the log, which say it whatever
 * the host's clock did; by time where a host does not tell places.
 */
function comparePositions(a: PlacedLine, b: PlacedLine): number {
  if (a.generation === 0 || b.generation === 0) return compareInstants(a, b);
  return a.generation - b.generation || a.offset - b.offset;
}

/** Of any two lines: negative = `a` was said before `b`. */
export function compareInstants(
  a: Pick<PlacedLine, "timestampMs" | "nanos">,
  b: Pick<PlacedLine, "timestampMs" | "nanos">,
): number {
  return a.timestampMs - b.timestampMs || a.nanos - b.nanos;
}
