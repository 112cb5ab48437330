/** Why swarmd ended, for service managers and people; listed in docs/operations.md. */
export const exitCodes = {
  ok: 0,
  /** Wrong flags or arguments. */
  usage: 2,
  /** A bug: an invariant did not hold. Restarting is safe; the log says what to report. */
  bug: 70,
  /** Not root, a missing kernel feature or tool. */
  environment: 71,
  /** The data directory cannot be read or written, or holds something else. */
  dataDir: 72,
  /** Another swarmd works on this data directory. */
  alreadyRunning: 73,
  /** The disk refused a write that was promised: continuing would risk the cluster's log. */
  disk: 74,
  /** The socket or a port cannot be opened. */
  listen: 75,
  /** The manager's Raft log is damaged, of another swarm or a later version, or its key is missing. */
  raftLog: 76,
  /** Asked to stop, and something did not end in time. Nothing is lost: the next start finds everything. */
  stopLate: 77,
} as const;

/** A reason to end the process with its own code and one sentence. */
export class FatalError extends Error {
  override readonly name = "FatalError";
  readonly exitCode: number;
  constructor(reason: keyof typeof exitCodes, message: string, options?: ErrorOptions) {
    super(message, options);
    this.exitCode = exitCodes[reason];
  }
}
