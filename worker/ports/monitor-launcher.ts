/** What conmon says once, after the OCI runtime has made the container or refused to. */
export interface MonitorReply {
  /** Process id of the container's first process; negative = it was not made. */
  readonly pid: number;
  /** What the runtime complained about, or what was printed before conmon could start; "" = nothing. */
  readonly complaint: string;
}

/** Starts a container's monitor so that it survives this daemon. */
export interface MonitorLauncher {
  /**
   * Runs a command that prints MOUNTED, waits for GO, and becomes conmon, detached. Between the two, `whileMounted` is
   * called with the number of its process: what only that process has mounted is reached through `/proc/PID/root`.
   * When it throws, or this daemon dies, conmon is never started. Waits for conmon's one reply.
   * @throws SwarmError deadlineExceeded when there is none within `timeoutMs`, cancelled when the signal was aborted;
   * what was started is then killed, and the signal of `whileMounted` aborted; what `whileMounted` throws.
   */
  launch(
    argv: readonly [string, ...string[]],
    timeoutMs: number,
    signal: AbortSignal,
    whileMounted: (pid: number, signal: AbortSignal) => Promise<void>,
  ): Promise<MonitorReply>;
}

/** The lines by which launcher and command wait for each other. */
export const MOUNTED = "mounted";
export const GO = "go";
