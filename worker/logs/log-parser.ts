import type { LogEntry, LogPlace } from "../ports/task-executor.ts";

/** A line longer than this becomes several partial entries, so that a container cannot fill our memory. */
export const ENTRY_BYTES_MAX = 256 << 10;

/** Length of `TIME STREAM F|P `, with all nine digits of a second's fraction and some to spare. */
export const PIECE_HEADER_BYTES_MAX = 64;

export const NEWLINE = 0x0a;
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
 * are joined, for each stream by itself; an entry has the time of its first piece, the place where its last one ends,
 * and no newline. Lines that are not in the format are left out.
 */
export class LogParser {
  #rest: Uint8Array = new Uint8Array();
  readonly #unfinished = new Map<LogEntry["stream"], Unfinished>();
  readonly #second: KnownSecond = { text: "", zone: "", ms: 0 };
  /** Where the next bytes come from, and where the last line ended. */
  #next: LogPlace = { generation: 1, offset: 0 };
  #end: LogPlace = { generation: 1, offset: 0 };

  /** `at`: where the bytes begin; by default, where the ones before ended. */
  push(bytes: Uint8Array, at: LogPlace = this.#next): readonly LogEntry[] {
    const before = at.offset - this.#rest.length;
    this.#next = { generation: at.generation, offset: at.offset + bytes.length };
    const all = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    const entries: LogEntry[] = [];
    let from = 0;
    for (let cut = all.indexOf(NEWLINE); cut !== -1; cut = all.indexOf(NEWLINE, from)) {
      const piece = parsePiece(all.subarray(from, cut), this.#second);
      from = cut + 1;
      this.#end = { generation: at.generation, offset: before + from };
      const entry = piece === null ? null : this.#join(piece);
      if (entry !== null) entries.push(entry);
    }
    this.#rest = all.subarray(from);
    return entries;
  }

  /** What has been written without a final newline; for when nothing more will come. */
  flush(): readonly LogEntry[] {
    // Each at a place of its own, right behind the last line and before any that may still come.
    const { generation, offset } = this.#end;
    const entries = [...this.#unfinished.values()].map((line, index) =>
      toEntry(line, true, { generation, offset: offset + 1 + index }),
    );
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
    return toEntry(unfinished, piece.isPartial, this.#end);
  }
}

/** Whether a line, or its first `PIECE_HEADER_BYTES_MAX` bytes, ends an entry. */
export function isEntryEnd(line: Uint8Array): boolean {
  return parsePiece(line)?.isPartial === false;
}

/** When a line was said, in Unix ms; null = not in the format. Its first `PIECE_HEADER_BYTES_MAX` bytes will do. */
export function timeOfLine(line: Uint8Array): number | null {
  return parsePiece(line)?.timestampMs ?? null;
}

/** The second that the line before was said in: a loud container says thousands of lines in each. */
interface KnownSecond {
  text: string;
  zone: string;
  ms: number;
}

/** RFC 3339 with nanoseconds, the stream, and whether the line is full or a part. */
const HEADER = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d) (stdout|stderr) ([FP]) /;

function parsePiece(line: Uint8Array, known: KnownSecond | null = null): Piece | null {
  const header = HEADER.exec(toText(line, PIECE_HEADER_BYTES_MAX));
  if (header === null) return null;
  const [all, second = "", fraction = "", zone = "", stream, tag] = header;
  const isKnown = known !== null && second === known.text && zone === known.zone;
  const secondMs = isKnown ? known.ms : Date.parse(`${second}${zone}`);
  if (Number.isNaN(secondMs)) return null;
  if (known !== null && !isKnown) Object.assign(known, { text: second, zone, ms: secondMs });
  const digits = fraction.padEnd(NANO_DIGITS, "0");
  return {
    timestampMs: secondMs + Number(digits.slice(0, MS_DIGITS)),
    nanos: Number(digits.slice(MS_DIGITS)),
    stream: stream === "stdout" ? "STDOUT" : "STDERR",
    isPartial: tag === "P",
    text: line.subarray(all.length),
  };
}

function toEntry({ first, texts }: Unfinished, partial: boolean, end: LogPlace): LogEntry {
  const { timestampMs, nanos, stream } = first;
  // A copy: the bytes belong to whoever read the file.
  return { timestampMs, nanos, stream, text: Buffer.concat(texts), partial, ...end };
}

function toText(bytes: Uint8Array, lengthMax: number): string {
  const length = Math.min(bytes.byteLength, lengthMax);
  return Buffer.from(bytes.buffer, bytes.byteOffset, length).toString("latin1");
}
