/** The size of a terminal in characters, 1..65535 each. */
export interface WindowSize {
  readonly rows: number;
  readonly columns: number;
}

/** Where bytes for a program go. */
export interface ByteSink {
  /** Resolves when more can be taken; what a program that has closed its input does not want is dropped. */
  write(bytes: Uint8Array): Promise<void>;
  end(): void;
}

/** A program whose standard streams are at hand. Dispose it to close them; that does not end the program. */
export interface RunningProgram extends Disposable {
  /** null = it was given none. */
  readonly stdin: ByteSink | null;
  /** With a terminal: all that appears there. */
  readonly stdout: AsyncIterable<Buffer>;
  /** Empty with a terminal. */
  readonly stderr: AsyncIterable<Buffer>;
  /** Its exit code, 128 + N when signal N ended it; 127 when it could not be started. */
  readonly exit: Promise<number>;
  /** Of its terminal; without one nothing happens. */
  resize(size: WindowSize): void;
}

/** Which streams a program gets; it finds the others empty, or writes into the void. */
export interface WantedStreams {
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
}

/** Starts programs that somebody converses with. */
export interface ProgramLauncher {
  /**
   * With pipes, as programs expect, and not the sockets that Node.js gives: /dev/stdin and /dev/stdout can be opened.
   * @throws SwarmError resourceExhausted when there is a shortage of something.
   */
  launch(argv: readonly [string, ...string[]], streams: WantedStreams): RunningProgram;
  /**
   * An OCI runtime's command that makes a terminal in a container and sends its master to a socket. Resolves when that
   * has arrived, or the program has ended without.
   * @param argvOf makes the command from the socket's path.
   * @param size of the terminal from its beginning; null = the kernel's default.
   */
  launchWithTerminal(
    argvOf: (consoleSocket: string) => readonly [string, ...string[]],
    size: WindowSize | null,
  ): Promise<RunningProgram>;
}
