/** A process that cannot be mistaken for a later one with the same number. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks after boot when it started, as the kernel prints them. */
  readonly startTicks: string;
}

/** A process as one look at the table of all of them shows it. */
export interface ProcessEntry extends ProcessIdentity {
  /** Number of the process that started it, or of the one that has taken it over. */
  readonly parent: number;
  /** Number of the process that opened its session (setsid(2)), which may have ended. */
  readonly session: number;
}

/** The host's processes. */
export interface ProcessTable {
  /** null = there is no such process, or it is dead and only waits for its parent to notice. */
  identify(pid: number): Promise<ProcessIdentity | null>;
  /** All there are, without the dead that only wait for their parents to notice. */
  list(): Promise<readonly ProcessEntry[]>;
  /** Words of its command line; empty = gone, or a kernel thread. */
  commandLine(pid: number): Promise<readonly string[]>;
  /** Sends a signal by number, if it is still that process. Resolves with whether it was. */
  kill(process: ProcessIdentity, signal: number): Promise<boolean>;
}
