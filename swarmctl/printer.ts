import { unlessAborted } from "../shared/unless-aborted.ts";
import { visible } from "../shared/visible-text.ts";
import type { Output } from "./cli.ts";

/** A pair of streams: standard output and standard error, or a test's lists. */
export interface Sink {
  readonly isTerminal: boolean;
  readonly columns: number;
  write(to: "out" | "err", data: string | Uint8Array): void;
  /** Resolves when more can be taken; null = it can. */
  full(): Promise<void> | null;
}

const UP_ONE_AND_CLEAR = "\u001b[1A\u001b[2K";
/** The characters that lay out our own texts. */
const LAYOUT = "\n\t";

/**
 * The only place through which this program prints. Names, labels, errors and messages were chosen by others, some of
 * them by hosts that no one logs in to: control characters in them are made visible and never obeyed, whatever command
 * prints them. JSON stays valid JSON. Only the lines of a log pass unchanged.
 */
export function createPrinter(sink: Sink): Output {
  const print = (to: "out" | "err", text: string): void => sink.write(to, visible(text, LAYOUT));
  return {
    isTerminal: sink.isTerminal,
    get columns() {
      return sink.columns;
    },
    line: (text) => print("out", `${text}\n`),
    warn: (text) => print("err", `${text}\n`),
    help: (text) => print("out", text),
    redraw: (drawn, lines) =>
      sink.write("out", `${UP_ONE_AND_CLEAR.repeat(drawn)}${lines.map((line) => `${visible(line)}\n`).join("")}`),
    logLine: (to, prefix, body, end) => {
      sink.write(to, Buffer.concat([Buffer.from(visible(prefix)), ...body, Buffer.from(end)]));
    },
    room: async (signal) => {
      const full = sink.full();
      if (full !== null) await unlessAborted(full, signal).catch(() => {});
    },
  };
}
