/** A program whose output is passed on while it runs. */
export interface StreamedCommand {
  readonly argv: readonly [string, ...string[]];
  /** Kills the program, with all that it started, when aborted. */
  readonly signal: AbortSignal;
  /** Added to the daemon's own environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** The program waits while it is not resolved. What it throws ends the program. */
  readonly onStdout: (bytes: Buffer) => Promise<void>;
  readonly onStderr: (bytes: Buffer) => Promise<void>;
}

/** Runs programs whose output is too long, or too interesting, to be waited for. */
export interface StreamedCommands {
  /**
   * Resolves with the exit code when it has ended and all output was passed on: 0..255, 127 = there is no such program,
   * 128 + n = ended by signal n.
   * @throws SwarmError cancelled when aborted; what a listener throws.
   */
  stream(command: StreamedCommand): Promise<number>;
}
