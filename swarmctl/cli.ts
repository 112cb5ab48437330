import type { Clock } from "../shared/ports/clock.ts";
import type { Api } from "./api.ts";
import type { Flags } from "./flags.ts";
import type { OptionName, OptionSpec } from "./option-spec.ts";

/** Where a command's words go; see printer.ts for what becomes of control characters in them. */
export interface Output {
  /** Whether a person watches: only then lines are redrawn. */
  readonly isTerminal: boolean;
  /** Signs that fit in a line of the terminal. */
  readonly columns: number;
  /** Result lines. */
  line(text: string): void;
  /** Warnings and errors. */
  warn(text: string): void;
  /** The help, with its own line ends. */
  help(text: string): void;
  /** Lines in place of the last `drawn` ones. */
  redraw(drawn: number, lines: readonly string[]): void;
  /** A line of a container's log, or a part of one: its bytes as they are, behind a prefix of ours. */
  logLine(to: "out" | "err", prefix: string, body: readonly Uint8Array[], end: "\n" | ""): void;
}

/** Starts a daemon on this host where none answers. */
export interface DaemonStarter {
  /** Resolves, with a sentence on what was started, once it answers. @throws SwarmError when it does not come up. */
  start(): Promise<string>;
}

/** What a command has besides its arguments; everything that touches the world is in here. */
export interface Cli {
  readonly api: Api;
  readonly output: Output;
  readonly clock: Clock;
  /** Aborts on Ctrl-C. */
  readonly signal: AbortSignal;
  readonly starter: DaemonStarter;
  /** This program's version. */
  readonly version: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** A path as seen from the working directory. */
  readonly absolute: (path: string) => string;
  /** @throws SwarmError when it cannot be read. */
  readonly readTextFile: (path: string) => string;
  /** The bytes of a file, or of standard input for "-". @throws SwarmError when it cannot be read or holds more. */
  readonly readBytes: (path: string, bytesMax: number) => Promise<Buffer>;
  /** The next line of standard input; "" at its end. */
  readonly readLine: () => Promise<string>;
}

/**
 * A command's work; a name of an option that its declaration does not have does not compile. Whatever it throws is
 * printed as `Error: sentence` and makes the exit status 1.
 */
export type Run<Options extends readonly OptionSpec[] = readonly OptionSpec[]> = (
  cli: Cli,
  args: readonly string[],
  flags: Flags<OptionName<Options>>,
) => Promise<void>;
