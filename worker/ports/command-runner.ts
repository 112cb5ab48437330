/** What a finished program left behind. A program that ran and refused is a result, not an error. */
export interface CommandResult {
  /** 0..255; 127 = there is no such program; 128 + n = ended by signal n. */
  readonly exitCode: number;
  /** UTF-8, at most OUTPUT_BYTES_MAX of each. */
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  /** Given to the program's standard input, which is then closed. Default: empty. */
  readonly input?: string | Uint8Array;
  /** The program is killed after this time. Default COMMAND_TIMEOUT_MS. */
  readonly timeoutMs?: number;
  /** Kills the program when aborted. */
  readonly signal?: AbortSignal;
  /** Working directory. Default: the daemon's. */
  readonly cwd?: string;
  /** Added to the daemon's own environment. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Long enough for any command that only talks to the local kernel, even on a machine that swaps. */
export const COMMAND_TIMEOUT_MS = 30_000;
/** What is kept of each output; a program that writes more is killed. */
export const OUTPUT_BYTES_MAX = 64 << 20;

/** Runs programs of the host. Simulations and unit tests put a fake here. */
export interface CommandRunner {
  /**
   * Runs a program to its end, without a shell. Never rejects for a non-zero exit code.
   * @throws SwarmError deadlineExceeded when it took longer than `timeoutMs`, cancelled when the signal was aborted,
   * resourceExhausted when it wrote more than OUTPUT_BYTES_MAX, or could not start for want of files or processes.
   */
  run(argv: readonly [string, ...string[]], options?: CommandOptions): Promise<CommandResult>;
}
