import { Bell } from "../../shared/bell.ts";
import type { Clock } from "../../shared/ports/clock.ts";
import type { HostFiles } from "../ports/host-files.ts";
import type { LogEntry, LogQuery } from "../ports/task-executor.ts";
import { LogFile } from "./log-file.ts";
import { LogParser } from "./log-parser.ts";
import { BLOCK_BYTES, sinceOffset, tailOffset } from "./seek.ts";

export interface LogSource {
  readonly files: HostFiles;
  readonly clock: Clock;
  /** Nothing more will be written. */
  readonly isOver: () => Promise<boolean>;
  /** Lines were written faster than they were read, and were gone before they could be read. */
  readonly onMissed?: () => void;
}

/** The directory tells at once when something was written; this is for when it does not. */
const POLL_PERIOD_MS = 500;

/**
 * A container's log: the last lines or all, over all generations that are kept, and as long as it goes on when
 * following. Ends quietly when aborted.
 */
export async function* readLogs(
  path: string,
  query: LogQuery,
  source: LogSource,
  signal: AbortSignal,
): AsyncGenerator<LogEntry, void, void> {
  const changes = new Bell();
  using _watcher = query.follow ? watchDirectory(path, source.files, changes) : null;
  const parser = new LogParser();
  await using log = await LogFile.open(path, source.files);
  const [since, tail] = [await sinceOffset(log, query.sinceMs), await tailOffset(log, query.tail)];
  let offset = Math.max(since, tail);
  const wanted = (entries: readonly LogEntry[]): readonly LogEntry[] =>
    entries.filter(({ timestampMs }) => timestampMs >= query.sinceMs);
  while (!signal.aborted) {
    // Checked before reading, so that everything written until it was over is read below.
    const isOver = !query.follow || (await source.isOver());
    while (!signal.aborted) {
      const bytes = await log.readOn(offset, BLOCK_BYTES);
      if (bytes.length === 0) break;
      offset += bytes.length;
      yield* wanted(parser.push(bytes));
    }
    const missedBefore = log.missed;
    const goesOn = await log.goOn();
    if (log.missed > missedBefore) source.onMissed?.();
    if (goesOn) continue;
    if (isOver) {
      yield* wanted(parser.flush());
      return;
    }
    await pause(changes, source.clock, signal);
  }
}

async function pause(changes: Bell, clock: Clock, signal: AbortSignal): Promise<void> {
  using _poll = clock.schedule(POLL_PERIOD_MS, "logs/poll", () => changes.ring());
  await changes.next(signal).catch(() => {});
}

function watchDirectory(path: string, files: HostFiles, changes: Bell): Disposable | null {
  try {
    return files.watch(path.slice(0, path.lastIndexOf("/")), () => changes.ring());
  } catch {
    // It does not exist yet, or the host has run out of watches: polling will do.
    return null;
  }
}
