/**
 * Processor time of this thread so far, in milliseconds: other programs do not count, unlike by the clock. The kernel
 * brings the account of a thread that runs up to date only at its ticks, unless somebody asks for the whole process.
 */
export function cpuMs(): number {
  process.cpuUsage();
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

/** Measures each turn of the event loop until it is told to stop. It never lets the loop rest. */
export class TurnMeter {
  #longestMs = 0;
  #lastMs = cpuMs();
  #next = setImmediate(() => this.#turn());

  /** Processor time of the longest turn since the last call, in milliseconds. */
  take(): number {
    const longestMs = this.#longestMs;
    this.#longestMs = 0;
    this.#lastMs = cpuMs();
    return longestMs;
  }

  stop(): void {
    clearImmediate(this.#next);
  }

  #turn(): void {
    const nowMs = cpuMs();
    this.#longestMs = Math.max(this.#longestMs, nowMs - this.#lastMs);
    this.#lastMs = nowMs;
    this.#next = setImmediate(() => this.#turn());
  }
}
