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
   * Runs a command that ends up as conmon, detached, and waits for its one reply.
   * @throws SwarmError deadlineExceeded when there is none within `timeoutMs`, cancelled when the signal was aborted; what
   * was started is then killed.
   */
  launch(argv: readonly [string, ...string[]], timeoutMs: number, signal: AbortSignal): Promise<MonitorReply>;
}
