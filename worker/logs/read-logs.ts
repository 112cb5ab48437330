import { Bell } from "../../shared/bell.ts";
import type { Clock } from "../../shared/ports/clock.ts";
import type { HostFiles } from "../ports/host-files.ts";
import type { LogEntry, LogNotices, LogPlace, LogQuery } from "../ports/task-executor.ts";
import { LogFile } from "./log-file.ts";
import { ENTRY_BYTES_MAX, LogParser } from "./log-parser.ts";
import { BLOCK_BYTES, sinceOffset, tailOffset, untilOffset } from "./seek.ts";

export interface LogSource extends LogNotices {
  readonly files: HostFiles;
  readonly clock: Clock;
  /** Nothing more will be written. */
  readonly isOver: () => Promise<boolean>;
}

/** The directory tells at once when something was written; this is for when it does not. */
const POLL_PERIOD_MS = 500;
/**
 * Reading resumes so much earlier, because the line of one output may have begun before the last one of the other, and
 * what was given already is left out.
 */
const RESUME_BEFORE_BYTES = 4 * ENTRY_BYTES_MAX;
/** A line is written within this time after it was said, unless the disk holds the monitor. */
const WRITTEN_WITHIN_MS = 1_000;

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
  const { resume = null, untilMs = 0 } = query;
  let offset = resume === null ? await firstOffset(log, query) : resumeOffset(log, resume, source);
  const caughtUpAt = await log.size();
  let isBehind = true;
  const maybeTell = (isEnd: boolean): void => {
    if (!isBehind || (offset < caughtUpAt && !isEnd)) return;
    isBehind = false;
    source.onCaughtUp?.();
  };
  const wanted = (entries: readonly LogEntry[]): readonly LogEntry[] =>
    entries.filter(
      (entry) =>
        (resume === null ? entry.timestampMs >= query.sinceMs : isAfter(entry, resume)) &&
        (untilMs === 0 || entry.timestampMs <= untilMs),
    );
  while (!signal.aborted) {
    // Checked before reading, so that everything written until it was over is read below.
    const isLate = untilMs !== 0 && source.clock.wallNow() > untilMs + WRITTEN_WITHIN_MS;
    const isOver = !query.follow || isLate || (await source.isOver());
    while (!signal.aborted) {
      const bytes = await log.readOn(offset, BLOCK_BYTES);
      if (bytes.length === 0) break;
      const { generation, offset: end } = log.placeOf(offset + bytes.length);
      offset += bytes.length;
      yield* wanted(parser.push(bytes, { generation, offset: end - bytes.length }));
      maybeTell(false);
    }
    const missedBefore = log.missed;
    const goesOn = await log.goOn();
    if (log.missed > missedBefore) source.onMissed?.(log.missed - missedBefore);
    if (goesOn) continue;
    maybeTell(true);
    if (isOver) {
      yield* wanted(parser.flush());
      return;
    }
    await pause(changes, source.clock, signal);
  }
}

async function firstOffset(log: LogFile, { sinceMs, tail, untilMs = 0 }: LogQuery): Promise<number> {
  const end = untilMs === 0 || tail < 0 ? await log.size() : await untilOffset(log, untilMs);
  const [since, last] = [await sinceOffset(log, sinceMs), await tailOffset(log, tail, end)];
  return Math.max(since, last);
}

/** Where reading must begin to find everything after a place; says so when something of it is gone. */
function resumeOffset(log: LogFile, resume: LogPlace, source: LogSource): number {
  const offset = log.offsetOf(resume);
  if (offset !== null) return Math.max(0, offset - RESUME_BEFORE_BYTES);
  const gone = log.firstGeneration - resume.generation;
  if (gone > 0) source.onMissed?.(gone);
  return 0;
}

function isAfter(a: LogPlace, b: LogPlace): boolean {
  return a.generation > b.generation || (a.generation === b.generation && a.offset > b.offset);
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
