import { Bell } from "../../shared/bell.ts";
import type { Clock } from "../../shared/ports/clock.ts";
import type { HostFiles, OpenFile } from "../ports/host-files.ts";
import type { LogEntry, LogQuery } from "../ports/task-executor.ts";
import { countEntries, LogParser } from "./log-parser.ts";

export interface LogSource {
  readonly files: HostFiles;
  readonly clock: Clock;
  /** Nothing more will be written. */
  readonly isOver: () => Promise<boolean>;
}

/** What is read at once. */
const BLOCK_BYTES = 64 << 10;
/** The directory tells at once when something was written; this is for when it does not. */
const POLL_PERIOD_MS = 500;

/**
 * A container's log from its file: the last lines or all, and as long as it goes on when following. Its monitor
 * replaces the file when it has grown too large; what was still unread in the old one comes first. Ends quietly when
 * aborted.
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
  let file = await source.files.open(path);
  try {
    let offset = file === null || query.tail < 0 ? 0 : await tailOffset(file, query.tail);
    const wanted = (entries: readonly LogEntry[]): readonly LogEntry[] =>
      entries.filter(({ timestampMs }) => timestampMs >= query.sinceMs);
    while (!signal.aborted) {
      // Asked before reading: what was written until it was over is then read below.
      const isOver = !query.follow || (await source.isOver());
      for (; file !== null && !signal.aborted; ) {
        const bytes = await file.read(offset, BLOCK_BYTES);
        if (bytes.length === 0) break;
        offset += bytes.length;
        yield* wanted(parser.push(bytes));
      }
      const next = await successorOf(file, path, source.files);
      if (next !== null) {
        await file?.[Symbol.asyncDispose]();
        file = next;
        offset = 0;
        continue;
      }
      if (isOver) {
        yield* wanted(parser.flush());
        return;
      }
      await pause(changes, source.clock, signal);
    }
  } finally {
    await file?.[Symbol.asyncDispose]();
  }
}

/** The file that has taken the place of the one we read, or that has appeared; null = it is still the same. */
async function successorOf(current: OpenFile | null, path: string, files: HostFiles): Promise<OpenFile | null> {
  const found = await files.open(path);
  if (found === null || found.inode !== current?.inode) return found;
  await found[Symbol.asyncDispose]();
  return null;
}

/** Where the last `entries` begin. Reads backwards, twice as far each time, until it has seen enough. */
async function tailOffset(file: OpenFile, entries: number): Promise<number> {
  const size = await file.size();
  if (entries === 0) return size;
  for (let length = BLOCK_BYTES; ; length *= 2) {
    const from = Math.max(0, size - length);
    const bytes = await readRange(file, from, size);
    // One more than asked for: the first that is seen may be cut.
    const surplus = countEntries(bytes) - entries;
    if (surplus > 0) return from + skipEntries(bytes, surplus);
    if (from === 0) return 0;
  }
}

async function readRange(file: OpenFile, from: number, to: number): Promise<Uint8Array> {
  const blocks: Uint8Array[] = [];
  for (let at = from; at < to; ) {
    const block = await file.read(at, to - at);
    if (block.length === 0) break;
    blocks.push(block);
    at += block.length;
  }
  return Buffer.concat(blocks);
}

/** How many bytes the first `count` entries take. */
function skipEntries(bytes: Uint8Array, count: number): number {
  let low = 0;
  let high = bytes.length;
  // The smallest prefix that holds so many entries, by halving.
  while (low < high) {
    const middle = (low + high) >> 1;
    if (countEntries(bytes.subarray(0, middle)) >= count) high = middle;
    else low = middle + 1;
  }
  return low;
}

async function pause(changes: Bell, clock: Clock, signal: AbortSignal): Promise<void> {
  using _poll = clock.schedule(POLL_PERIOD_MS, "logs/poll", () => changes.ring());
  await changes.next(signal).catch(() => {});
}

function watchDirectory(path: string, files: HostFiles, changes: Bell): Disposable | null {
  try {
    return files.watch(path.slice(0, path.lastIndexOf("/")), () => changes.ring());
  } catch {
    // It is not there yet, or the host is out of watches: polling will do.
    return null;
  }
}
