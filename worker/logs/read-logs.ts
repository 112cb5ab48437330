import { Bell } from "../../shared/bell.ts";
import type { Clock } from "../../shared/ports/clock.ts";
import type { HostFiles } from "../ports/host-files.ts";
import type { LogEntry, LogQuery } from "../ports/task-executor.ts";
import { LogFile } from "./log-file.ts";
import { isEntryEnd, LogParser, NEWLINE, PIECE_HEADER_BYTES_MAX } from "./log-parser.ts";

export interface LogSource {
  readonly files: HostFiles;
  readonly clock: Clock;
  /** Nothing more will be written. */
  readonly isOver: () => Promise<boolean>;
  /** Lines were written faster than they were read, and were gone before they could be read. */
  readonly onMissed?: () => void;
}

/** Bytes read at a time. */
const BLOCK_BYTES = 64 << 10;
/** The directory reports at once when something was written; this is for when it does not. */
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
  let offset = query.tail < 0 ? 0 : await tailOffset(log, query.tail);
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

/**
 * Where the last `entries` begin. Goes backwards from the end, a block at a time, and looks at the beginning of each
 * line once: however many are asked for, the event loop is held for one block.
 */
async function tailOffset(file: LogFile, entries: number): Promise<number> {
  const size = await file.size();
  if (entries === 0) return size;
  let found = 0;
  /** Where the line after the present one begins: what follows the last newline is not a line yet. */
  let next: number | null = null;
  let later: Uint8Array = new Uint8Array();
  for (let to = size; to > 0; to -= BLOCK_BYTES) {
    const from = Math.max(0, to - BLOCK_BYTES);
    const block = await readRange(file, from, to);
    // The last line of this block may have only begun in it.
    const bytes = Buffer.concat([block, later.subarray(0, PIECE_HEADER_BYTES_MAX)]);
    for (const start of lineStarts(block, from === 0)) {
      if (next !== null && isEntryEnd(bytes.subarray(start, start + PIECE_HEADER_BYTES_MAX))) {
        // One more than asked for, since pieces before it may belong to the first.
        if (++found > entries) return next;
      }
      next = from + start;
    }
    later = block;
  }
  return 0;
}

/** The last first. A line begins after a newline, or with the file. */
function* lineStarts(block: Uint8Array, isFirst: boolean): Generator<number, void, void> {
  for (let at = block.lastIndexOf(NEWLINE); at !== -1; at = at === 0 ? -1 : block.lastIndexOf(NEWLINE, at - 1)) {
    yield at + 1;
  }
  if (isFirst) yield 0;
}

async function readRange(file: LogFile, from: number, to: number): Promise<Uint8Array> {
  const blocks: Uint8Array[] = [];
  for (let at = from; at < to; ) {
    const block = await file.read(at, to - at);
    if (block.length === 0) break;
    blocks.push(block);
    at += block.length;
  }
  return Buffer.concat(blocks);
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
