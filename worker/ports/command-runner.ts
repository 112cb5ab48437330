/** What a finished program left behind. A program that ran and refused is a result, not an error. */
export interface CommandResult {
  /** 0..255; 127 = there is no such program; 128 + n = ended by signal n. */
  readonly exitCode: number;
  /** UTF-8, at most OUTPUT_BYTES_MAX of each, or `keepBytes`. */
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  /** Given to the program's standard input, which is then closed. Default: empty. */
  readonly input?: string | Uint8Array;
  /** The program is killed after this time. Default COMMAND_TIMEOUT_MS, at most TIMEOUT_MS_MAX. */
  readonly timeoutMs?: number;
  /** Keeps so many bytes of each output and drops the rest, for programs whose output is not the host's. */
  readonly keepBytes?: number;
  /** Which bytes `keepBytes` keeps. Default: the first. */
  readonly keeps?: "first" | "last";
  /** Kills the program when aborted. */
  readonly signal?: AbortSignal;
  /** Working directory. Default: the daemon's. */
  readonly cwd?: string;
  /** Added to the daemon's own environment. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Long enough for any command that only talks to the local kernel, even on a machine that swaps. */
export const COMMAND_TIMEOUT_MS = 30_000;
/** The longest a timer of this platform can run: about 25 days. */
export const TIMEOUT_MS_MAX = 2 ** 31 - 1;
/** What is kept of each output; a program that writes more is killed. */
export const OUTPUT_BYTES_MAX = 64 << 20;
/** A killed program is gone at once, unless the kernel holds it for a device; then it is left to the kernel. */
export const KILL_WAIT_MS = 1_000;
/**
 * How long the output of a program that has ended must be silent to be over, when something it started holds it open.
 */
export const OUTPUT_SILENCE_MS = 100;
/** How long such output is read at most: what the program started may write for ever. */
export const OUTPUT_AFTER_END_MS_MAX = 1_000;

/** Runs programs of the host. Simulations and unit tests put a fake here. */
export interface CommandRunner {
  /**
   * Runs a program to its end, without a shell. Never rejects for a non-zero exit code. Settles soon after the program
   * has ended or was told to, whoever else holds its pipes. When killed, it is killed with all of its process group.
   * @throws SwarmError deadlineExceeded when it took longer than `timeoutMs`, cancelled when the signal was aborted,
   * resourceExhausted when it wrote more than OUTPUT_BYTES_MAX, or could not start for want of files or processes.
   */
  run(argv: readonly [string, ...string[]], options?: CommandOptions): Promise<CommandResult>;
}
