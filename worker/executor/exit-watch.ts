import type { ContainerKey } from "../../shared/ids.ts";
import type { Clock, InstantMs } from "../../shared/ports/clock.ts";
import type { HostFiles } from "../ports/host-files.ts";
import type { ProcessIdentity, ProcessTable } from "../ports/process-table.ts";
import { parseExitCode } from "../runtime/exit-status.ts";

export interface ExitWatchPorts {
  readonly files: HostFiles;
  readonly processes: ProcessTable;
  readonly clock: Clock;
}

interface Waiter {
  readonly resolve: (exitCode: number | null) => void;
}

interface Awaited {
  process: ProcessIdentity | null;
  /** When its process was first found to be gone without an exit file; null = it was not. */
  goneAt: InstantMs | null;
  readonly waiters: Set<Waiter>;
}

/** Changes in the directory are seen at once; polling is for what does not show there, such as a killed monitor. */
const POLL_PERIOD_MS = 1_000;
/** With many containers at rest this is a good part of what a daemon does, so it looks at no more of them a second. */
const POLLED_PER_S = 20;
/** A monitor writes the exit file within milliseconds of the container's end, on a busy host within a second. */
const EXIT_FILE_LATE_MS = 2_000;

/** Reports when containers end, by the files that their monitors leave in one directory. */
export class ExitWatch implements Disposable {
  readonly #directory: string;
  readonly #ports: ExitWatchPorts;
  readonly #awaited = new Map<ContainerKey, Awaited>();
  readonly #watcher: Disposable;
  #poll: Disposable | null = null;

  /** The directory must exist. */
  constructor(directory: string, ports: ExitWatchPorts) {
    this.#directory = directory;
    this.#ports = ports;
    this.#watcher = ports.files.watch(directory, (name) => {
      if (this.#awaited.has(name as ContainerKey)) void this.#look(name as ContainerKey);
    });
  }

  /** The exit code, if the container has ended and left one. */
  async exitCodeOf(key: ContainerKey): Promise<number | null> {
    const text = await this.#ports.files.readText(`${this.#directory}/${key}`);
    return text === null ? null : parseExitCode(text);
  }

  /**
   * Resolves with the exit code once the container has ended, or null when it is gone without one. `process` is its
   * first process (null = it is known to be gone). @throws the signal's reason.
   */
  async wait(key: ContainerKey, process: ProcessIdentity | null, signal: AbortSignal): Promise<number | null> {
    signal.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<number | null>();
    const waiter: Waiter = { resolve };
    const awaited: Awaited = this.#awaited.get(key) ?? { process, goneAt: null, waiters: new Set() };
    awaited.process ??= process;
    awaited.waiters.add(waiter);
    this.#awaited.set(key, awaited);
    const onAbort = (): void => reject(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    this.#schedulePoll();
    void this.#look(key);
    try {
      return await promise;
    } finally {
      signal.removeEventListener("abort", onAbort);
      awaited.waiters.delete(waiter);
      if (awaited.waiters.size === 0 && this.#awaited.get(key) === awaited) this.#awaited.delete(key);
    }
  }

  /** Its files are about to be removed: whoever is still waiting learns that it is gone. */
  giveUp(key: ContainerKey): void {
    this.#settle(key, null);
  }

  [Symbol.dispose](): void {
    this.#watcher[Symbol.dispose]();
    this.#poll?.[Symbol.dispose]();
    this.#poll = null;
  }

  /** Of a container that lives there is nothing to be read: with many, this is most of what a daemon at rest does. */
  async #lookUnlessAlive(key: ContainerKey): Promise<void> {
    const process = this.#awaited.get(key)?.process ?? null;
    if (process === null || !(await this.#isAlive(process).catch(() => false))) await this.#look(key);
  }

  async #isAlive({ pid, startTicks }: ProcessIdentity): Promise<boolean> {
    return (await this.#ports.processes.identify(pid))?.startTicks === startTicks;
  }

  /** Never rejects: a file that cannot be read now is read again later. */
  async #look(key: ContainerKey): Promise<void> {
    try {
      const awaited = this.#awaited.get(key);
      if (awaited === undefined) return;
      const exitCode = await this.exitCodeOf(key);
      if (exitCode !== null) {
        this.#settle(key, exitCode);
        return;
      }
      const { process } = awaited;
      const isAlive = process !== null && (await this.#isAlive(process));
      const now = this.#ports.clock.now();
      awaited.goneAt = isAlive ? null : (awaited.goneAt ?? now);
      if (awaited.goneAt !== null && now - awaited.goneAt >= EXIT_FILE_LATE_MS) this.#settle(key, null);
    } catch {
      // The next poll looks again.
    }
  }

  #settle(key: ContainerKey, exitCode: number | null): void {
    const awaited = this.#awaited.get(key);
    this.#awaited.delete(key);
    for (const { resolve } of awaited?.waiters ?? []) resolve(exitCode);
  }

  #schedulePoll(): void {
    const periodMs = Math.max(POLL_PERIOD_MS, (this.#awaited.size / POLLED_PER_S) * 1_000);
    this.#poll ??= this.#ports.clock.schedule(periodMs, "executor/exit poll", () => {
      this.#poll = null;
      for (const key of this.#awaited.keys()) void this.#lookUnlessAlive(key);
      if (this.#awaited.size > 0) this.#schedulePoll();
    });
  }
}
