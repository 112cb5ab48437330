import type { Clock } from "../shared/ports/clock.ts";
import type { Api } from "./api.ts";
import type { Flags } from "./flags.ts";
import type { OptionName, OptionSpec } from "./option-spec.ts";

/** Where a command's output goes; see printer.ts for what happens to control characters in it. */
export interface Output {
  /** Whether a person is watching: lines are redrawn only then. */
  readonly isTerminal: boolean;
  /** Characters that fit in a line of the terminal. */
  readonly columns: number;
  /** Result lines. */
  line(text: string): void;
  /** Warnings and errors. */
  warn(text: string): void;
  /** The help, with its own line breaks. */
  help(text: string): void;
  /** Lines that replace the last `drawn` ones. */
  redraw(drawn: number, lines: readonly string[]): void;
  /** A line of a container's log, or a part of one: its bytes unchanged, after a prefix of ours. */
  logLine(to: "out" | "err", prefix: string, body: readonly Uint8Array[], end: "\n" | ""): void;
  /**
   * Resolves when whoever reads can take more, or the signal aborts. Wait for it before asking for more of what has no
   * end: a pipe holds little, and what is printed without waiting is held in memory.
   */
  room(signal: AbortSignal): Promise<void>;
}

/** Starts a daemon on this host if none answers. */
export interface DaemonStarter {
  /** Resolves, with a sentence about what was started, once it answers. @throws SwarmError when it does not come up. */
  start(): Promise<string>;
}

/** The size of a terminal in characters. */
export interface TerminalExtent {
  readonly rows: number;
  readonly columns: number;
}

/** This program's standard streams as a program elsewhere sees them: bytes, unchanged. */
export interface Console {
  readonly stdinIsTerminal: boolean;
  readonly stdoutIsTerminal: boolean;
  /** Once read, standard input keeps the program alive until `closeInput`. */
  readonly input: AsyncIterable<Buffer>;
  /** Resolves when more can be taken. */
  write(to: "out" | "err", bytes: Uint8Array): Promise<void>;
  /** null = standard output is no terminal, or does not know its size. */
  extent(): TerminalExtent | null;
  onExtent(listener: () => void): Disposable;
  /** Keys arrive one by one and are not shown, and Ctrl-C is a key like others, until disposed. */
  raw(): Disposable;
  closeInput(): void;
  /** Signals by name that would end this program or mean nothing to it, and that do not until disposed. */
  onSignal(listener: (name: string) => void): Disposable;
}

/** A file or directory of a build's context. */
export interface ContextEntry {
  readonly name: string;
  readonly isDirectory: boolean;
}

/** Files of any size, piece by piece, and directories. What cannot be read or written is a SwarmError. */
export interface BulkFiles {
  readonly stdinIsTerminal: boolean;
  readonly stdoutIsTerminal: boolean;
  /** "-" = standard input. Pieces of at most 64 KiB. */
  read(path: string): AsyncIterable<Buffer>;
  /** "-" = standard output. Resolves when all has been taken. */
  write(path: string, pieces: AsyncIterable<Uint8Array>): Promise<void>;
  writeText(path: string, text: string): void;
  exists(path: string): boolean;
  list(directory: string): readonly ContextEntry[];
  /** A tar of these files and directories, without what is in the directories unless it is named itself. */
  tar(directory: string, names: readonly string[]): AsyncIterable<Buffer>;
}

/** A Docker's HTTP API, of which nothing is asked but what it has. */
export interface DockerReader {
  /** @throws SwarmError with Docker's own sentence, notFound for what is not there; unavailable when nobody answers. */
  read(path: string, signal: AbortSignal): Promise<unknown>;
}

/** What a connection to Docker over TCP is secured with, by paths; nothing = not at all. */
export interface DockerFiles {
  readonly ca: string | undefined;
  readonly certificate: string | undefined;
  readonly key: string | undefined;
}

/** A file that is filled in one go, or goes again. */
export interface NewFile {
  write(text: string): void;
  discard(): void;
}

/** What a command has besides its arguments; everything that touches the outside world is in here. */
export interface Cli {
  readonly api: Api;
  readonly output: Output;
  readonly clock: Clock;
  /** Aborts on Ctrl-C. */
  readonly signal: AbortSignal;
  readonly starter: DaemonStarter;
  readonly openConsole: () => Promise<Console>;
  readonly openBulkFiles: () => Promise<BulkFiles>;
  /** By its address, as DOCKER_HOST has it. @throws SwarmError invalidArgument */
  readonly openDocker: (address: string, files: DockerFiles) => Promise<DockerReader>;
  /** This program's version. */
  readonly version: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** A path as seen from the working directory. */
  readonly absolute: (path: string) => string;
  /** @throws SwarmError when it cannot be read. */
  readonly readTextFile: (path: string) => string;
  /** The bytes of a file, or of standard input for "-". @throws SwarmError when it cannot be read or is too large. */
  readonly readBytes: (path: string, bytesMax: number) => Promise<Buffer>;
  /** A file that was not there before, still empty. @throws SwarmError when it cannot be made. */
  readonly newFile: (path: string) => NewFile;
  /** The next line of standard input; "" at its end. */
  readonly readLine: () => Promise<string | null>;
}

/**
 * A command's work; an option name that its declaration does not have does not compile. Whatever it throws is printed
 * as `Error: sentence` and makes the exit status 1.
 */
export type Run<Options extends readonly OptionSpec[] = readonly OptionSpec[]> = (
  cli: Cli,
  args: readonly string[],
  flags: Flags<OptionName<Options>>,
) => Promise<void>;
