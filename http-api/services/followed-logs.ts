import { isNewSince, LogCursor } from "../../shared/log-cursor.ts";
import { LOGS_AGAIN_MS, LogBreaks } from "../../shared/logs/log-breaks.ts";
import { sleep } from "../../shared/ports/clock.ts";
import type { LogLine, LogOptions } from "../../shared/rpc/gen/dispatcher.ts";
import type { SubscribeLogsRequest } from "../../shared/rpc/gen/logs.ts";
import type { Sendable } from "../../shared/rpc/sendable.ts";
import type { Call } from "../route.ts";

/** What is read: the log of one service or task. */
export interface LogReading {
  readonly ref: string;
  readonly options: LogOptions;
}

/**
 * The lines, in the order in which they come. Docker's clients do not ask again when a stream ends, so whoever follows
 * stays connected through a change of the leader: reading goes on behind the last line of each task.
 */
export async function* followedLogs(
  { backend, clock, signal }: Pick<Call, "backend" | "clock" | "signal">,
  reading: LogReading,
): AsyncGenerator<readonly LogLine[]> {
  const startedMs = clock.wallNow();
  const cursor = new LogCursor();
  const breaks = new LogBreaks();
  let resumedFrom = cursor.positions();
  let request: Sendable<SubscribeLogsRequest> = reading;
  let hasBegun = false;
  for (;;) {
    let hasCome = false;
    try {
      for await (const { lines, caughtUp } of backend.logs.subscribe(request, { signal })) {
        hasCome = true;
        hasBegun ||= caughtUp || lines.length > 0;
        const fresh = lines.filter((line) => isNewSince(resumedFrom, line));
        for (const line of fresh) cursor.take(line);
        if (fresh.length > 0) yield fresh;
      }
      return;
    } catch (error) {
      const isRefusal = request === reading && !hasCome;
      if (signal.aborted || !reading.options.follow || isRefusal || !breaks.passes(error, hasCome)) throw error;
    }
    resumedFrom = cursor.positions();
    // The last lines were asked for once; what a task has said since we began is new.
    const { options } = reading;
    const since = { ...options, tail: -1, sinceMs: Math.max(options.sinceMs, startedMs) };
    const again = options.tail < 0 || !hasBegun ? options : since;
    request = { ref: reading.ref, options: again, resume: [...resumedFrom.values()] };
    await sleep(clock, LOGS_AGAIN_MS, "http api: follow logs again", signal);
  }
}
