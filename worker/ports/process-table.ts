/** A process that cannot be mistaken for a later one with the same number. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks after boot when it started, as the kernel prints them. */
  readonly startTicks: string;
}

/** The host's processes. */
export interface ProcessTable {
  /** null = there is no such process, or it is dead and only waits for its parent to notice. */
  identify(pid: number): Promise<ProcessIdentity | null>;
  /** Words of its command line; empty = gone, or a kernel thread. */
  commandLine(pid: number): Promise<readonly string[]>;
  /** Sends a signal by number, if it is still that process. Resolves with whether it was. */
  kill(process: ProcessIdentity, signal: number): Promise<boolean>;
}
