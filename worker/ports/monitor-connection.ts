/** Which output of a container some bytes came by; a terminal has only the first. */
export type OutputStream = "stdout" | "stderr";

/**
 * A connection to the monitor of a running container: all that the container writes from now on, and its standard
 * input. Dispose it to leave; the monitor takes that as the end of the input where it was told to.
 */
export interface MonitorConnection extends Disposable {
  /** Resolves when more can be taken, or the connection has ended. */
  write(bytes: Uint8Array): Promise<void>;
  /** No more input will come. What the container writes still does. */
  endInput(): void;
  /** While it is held nothing is taken: the monitor waits, and, once the pipes are full, so does the container. */
  hold(isHeld: boolean): void;
  /** Resolves when the container has ended and all that it wrote was given; or the monitor is gone. Never rejects. */
  readonly ended: Promise<void>;
}

/** How monitors are reached. */
export interface MonitorConnector {
  /**
   * @param socketPath of the monitor's socket for those who attach; of any length.
   * @throws SwarmError unavailable when no monitor listens there.
   */
  connect(socketPath: string, onOutput: (stream: OutputStream, bytes: Buffer) => void): Promise<MonitorConnection>;
}
