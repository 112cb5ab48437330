import type { LogEntry } from "../ports/task-executor.ts";

/** A line longer than this becomes several partial entries, so that a container cannot fill our memory. */
export const ENTRY_BYTES_MAX = 256 << 10;

/** Length of `TIME STREAM F|P `, with all nine digits of a second's fraction and some to spare. */
export const PIECE_HEADER_BYTES_MAX = 64;

export const NEWLINE = 0x0a;
const SPACE = 0x20;
/** Digits of a second's fraction that make milliseconds, and those that remain of nanoseconds. */
const MS_DIGITS = 3;
const NANO_DIGITS = 9;

interface Piece {
  readonly timestampMs: number;
  readonly nanos: number;
  readonly stream: LogEntry["stream"];
  /** The container's line continues in this stream's next piece. */
  readonly isPartial: boolean;
  readonly text: Uint8Array;
}

interface Unfinished {
  readonly first: Piece;
  readonly texts: Uint8Array[];
  bytes: number;
}

/**
 * Reads conmon's k8s-file format, `TIME STREAM F|P TEXT` a line, from bytes in any portions. Pieces of one long line
 * are joined, for each stream by itself; an entry has the time of its first piece and no newline. Lines that are not in
 * the format are left out.
 */
export class LogParser {
  #rest: Uint8Array = new Uint8Array();
  readonly #unfinished = new Map<LogEntry["stream"], Unfinished>();

  push(bytes: Uint8Array): readonly LogEntry[] {
    const all = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    const entries: LogEntry[] = [];
    let from = 0;
    for (let at = all.indexOf(NEWLINE); at !== -1; at = all.indexOf(NEWLINE, from)) {
      const piece = parsePiece(all.subarray(from, at));
      const entry = piece === null ? null : this.#join(piece);
      if (entry !== null) entries.push(entry);
      from = at + 1;
    }
    this.#rest = all.subarray(from);
    return entries;
  }

  /** What has been written without a final newline; for when nothing more will come. */
  flush(): readonly LogEntry[] {
    const entries = [...this.#unfinished.values()].map((line) => toEntry(line, true));
    this.#unfinished.clear();
    return entries;
  }

  #join(piece: Piece): LogEntry | null {
    const unfinished = this.#unfinished.get(piece.stream) ?? { first: piece, texts: [], bytes: 0 };
    unfinished.texts.push(piece.text);
    unfinished.bytes += piece.text.length;
    if (piece.isPartial && unfinished.bytes < ENTRY_BYTES_MAX) {
      this.#unfinished.set(piece.stream, unfinished);
      return null;
    }
    this.#unfinished.delete(piece.stream);
    return toEntry(unfinished, piece.isPartial);
  }
}

/** Whether a line, or its first `PIECE_HEADER_BYTES_MAX` bytes, ends an entry. */
export function isEntryEnd(line: Uint8Array): boolean {
  return parsePiece(line)?.isPartial === false;
}

function parsePiece(line: Uint8Array): Piece | null {
  const first = line.indexOf(SPACE);
  const second = line.indexOf(SPACE, first + 1);
  const third = line.indexOf(SPACE, second + 1);
  if (first === -1 || second === -1 || third === -1) return null;
  const time = parseTime(toText(line.subarray(0, first)));
  const stream = toText(line.subarray(first + 1, second));
  const tag = toText(line.subarray(second + 1, third));
  if (time === null || (stream !== "stdout" && stream !== "stderr") || (tag !== "F" && tag !== "P")) return null;
  return {
    ...time,
    stream: stream === "stdout" ? "STDOUT" : "STDERR",
    isPartial: tag === "P",
    text: line.subarray(third + 1),
  };
}

/** RFC 3339 with nanoseconds. */
function parseTime(text: string): { readonly timestampMs: number; readonly nanos: number } | null {
  const match = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$/.exec(text);
  if (match === null) return null;
  const fraction = (match[2] ?? "").padEnd(NANO_DIGITS, "0");
  const timestampMs = Date.parse(`${match[1]}.${fraction.slice(0, MS_DIGITS)}${match[3]}`);
  return Number.isNaN(timestampMs) ? null : { timestampMs, nanos: Number(fraction.slice(MS_DIGITS)) };
}

function toEntry({ first, texts }: Unfinished, partial: boolean): LogEntry {
  const { timestampMs, nanos, stream } = first;
  // A copy: the bytes belong to whoever read the file.
  return { timestampMs, nanos, stream, text: Buffer.concat(texts), partial };
}

function toText(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
}
