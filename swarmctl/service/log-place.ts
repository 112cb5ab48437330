import type { LogLine } from "../../shared/rpc/gen/dispatcher.ts";

type Place = Pick<LogLine, "taskId" | "timestampMs" | "nanos">;

/** How far each task's log was shown, so that following can begin again without showing a line twice. */
export class LogPlace {
  readonly #last = new Map<string, Place>();
  /** Where each task was when the stream was opened: within one stream nothing comes twice, whatever its time. */
  #opened: ReadonlyMap<string, Place> = new Map();

  isNew(line: Place): boolean {
    const before = this.#opened.get(line.taskId);
    return before === undefined || compare(line, before) > 0;
  }

  take(line: Place): void {
    const last = this.#last.get(line.taskId);
    if (last === undefined || compare(line, last) > 0) this.#last.set(line.taskId, line);
  }

  /** A new stream begins, somewhere before the place we are at. */
  reopen(): void {
    this.#opened = new Map(this.#last);
  }
}

function compare(a: Place, b: Place): number {
  return a.timestampMs - b.timestampMs || a.nanos - b.nanos;
}
