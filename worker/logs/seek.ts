import type { LogFile } from "./log-file.ts";
import { isEntryEnd, NEWLINE, PIECE_HEADER_BYTES_MAX, timeOfLine } from "./log-parser.ts";

/** What is read at once. */
export const BLOCK_BYTES = 64 << 10;
/** A host's clock may have been set back by so much while the log was written, and no line is missed. */
const CLOCK_STEP_MS = 60_000;

/**
 * Where reading must begin to find every entry since an instant: halves what is left, which takes twenty blocks of a
 * log of any size, instead of reading all generations. What is found is a line's beginning, and may be too early.
 */
export async function sinceOffset(file: LogFile, sinceMs: number): Promise<number> {
  const wantedMs = sinceMs - CLOCK_STEP_MS;
  return wantedMs <= 0 ? 0 : await halve(file, wantedMs);
}

/** A line's beginning at most some blocks before the first one at or after an instant. */
async function halve(file: LogFile, wantedMs: number): Promise<number> {
  let low = 0;
  for (let high = await file.size(); high - low > BLOCK_BYTES; ) {
    const middle = Math.floor((low + high) / 2);
    const bytes = await readRange(file, middle, Math.min(high, middle + BLOCK_BYTES));
    const line = firstEntryIn(bytes);
    // Nothing that can be read: a line of another format, or one longer than any that a monitor writes.
    if (line === null || line.timeMs >= wantedMs) high = middle;
    else low = middle + line.start;
  }
  return low;
}

/** The first line that follows the end of an entry, and so begins one. */
function firstEntryIn(bytes: Uint8Array): { readonly start: number; readonly timeMs: number } | null {
  let isAfterEnd = false;
  for (let at = bytes.indexOf(NEWLINE); at !== -1; at = bytes.indexOf(NEWLINE, at + 1)) {
    const header = bytes.subarray(at + 1, at + 1 + PIECE_HEADER_BYTES_MAX);
    const timeMs = timeOfLine(header);
    if (isAfterEnd && timeMs !== null) return { start: at + 1, timeMs };
    isAfterEnd = isEntryEnd(header);
  }
  return null;
}

/** Where the first line after an instant begins, if clocks were not set back; the end of the log when there is none. */
export async function untilOffset(file: LogFile, untilMs: number): Promise<number> {
  const size = await file.size();
  let offset = await halve(file, untilMs);
  for (let rest: Uint8Array = new Uint8Array(); offset < size; ) {
    const block = await readRange(file, offset + rest.length, Math.min(size, offset + rest.length + BLOCK_BYTES));
    if (block.length === 0) return size;
    const bytes = Buffer.concat([rest, block]);
    let from = 0;
    for (let cut = bytes.indexOf(NEWLINE); cut !== -1; cut = bytes.indexOf(NEWLINE, from)) {
      const timeMs = timeOfLine(bytes.subarray(from, Math.min(cut, from + PIECE_HEADER_BYTES_MAX)));
      if (timeMs !== null && timeMs > untilMs) return offset + from;
      from = cut + 1;
    }
    offset += from;
    rest = bytes.subarray(from);
  }
  return size;
}

/**
 * Where the last `entries` before `size` begin; negative = all. Goes backwards from the end, a block at a time, and
 * looks at the beginning of each line once: however many are asked for, the event loop is held for one block.
 */
export async function tailOffset(file: LogFile, entries: number, size: number): Promise<number> {
  if (entries < 0) return 0;
  if (entries === 0) return size;
  let found = 0;
  /** Where the line after the one looked at begins: what lies behind the last newline is not a line yet. */
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
