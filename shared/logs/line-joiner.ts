import type { LogLine } from "../rpc/gen/dispatcher.ts";

/** How much is held of a line that has not ended; a longer one is printed in parts. */
export const LINE_BYTES_MAX = 4 << 20;
/** How much is held of all such lines; beyond this the longest one is printed. */
export const HELD_BYTES_MAX = 64 << 20;

/** A line of a container, or a part of a line that was too long to hold or has not ended. */
export interface LinePart {
  /** Whose it is, and when its first bytes were written. */
  readonly line: LogLine;
  readonly texts: readonly Uint8Array[];
  /** The line begins here. */
  readonly begins: boolean;
  /** A line end follows. */
  readonly ends: boolean;
}

interface Held {
  readonly line: LogLine;
  readonly texts: Uint8Array[];
  bytes: number;
  begins: boolean;
}

/** Puts lines together that came in pieces, so that other tasks' lines do not end up in the middle of them. */
export class LineJoiner {
  /** By task and stream. */
  readonly #held = new Map<string, Held>();
  readonly #bytesMax: number;
  #bytes = 0;

  constructor(bytesMax = LINE_BYTES_MAX) {
    this.#bytesMax = bytesMax;
  }

  push(line: LogLine): readonly LinePart[] {
    const key = `${line.stream} ${line.taskId}`;
    const held = this.#held.get(key) ?? { line, texts: [], bytes: 0, begins: true };
    held.texts.push(line.text);
    held.bytes += line.text.length;
    this.#bytes += line.text.length;
    if (!line.partial) return [this.#release(key, held, true)];
    this.#held.set(key, held);
    const given: LinePart[] = [];
    if (held.bytes >= this.#bytesMax) given.push(this.#goOn(key, held));
    while (this.#bytes >= HELD_BYTES_MAX) given.push(this.#goOn(...this.#largest()));
    return given;
  }

  /** Lines that have not ended and will not. */
  flush(): readonly LinePart[] {
    return [...this.#held].filter(([, { bytes }]) => bytes > 0).map(([key, held]) => this.#release(key, held, false));
  }

  #goOn(key: string, held: Held): LinePart {
    const part = this.#release(key, held, false);
    this.#held.set(key, { line: held.line, texts: [], bytes: 0, begins: false });
    return part;
  }

  #release(key: string, { line, texts, bytes, begins }: Held, ends: boolean): LinePart {
    this.#held.delete(key);
    this.#bytes -= bytes;
    return { line, texts, begins, ends };
  }

  #largest(): readonly [string, Held] {
    return [...this.#held].reduce((most, each) => (each[1].bytes > most[1].bytes ? each : most));
  }
}
