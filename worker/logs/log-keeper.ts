import { Bell } from "../../shared/bell.ts";
import { messageOf } from "../../shared/errors.ts";
import type { TaskId } from "../../shared/ids.ts";
import type { Logger } from "../../shared/log.ts";
import type { LogLimits } from "../../shared/objects/log-driver.ts";
import { type Clock, sleep } from "../../shared/ports/clock.ts";
import type { HostFiles } from "../ports/host-files.ts";
import { type Generation, generation, keptCount, listGenerations } from "./generations.ts";

/** The log of a running container. */
export interface KeptLog extends LogLimits {
  /** Where its monitor writes. */
  readonly path: string;
  /** The named pipe at which its monitor takes orders. */
  readonly control: string;
}

export interface LogKeeperPorts {
  readonly files: HostFiles;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * Beyond a generation's limit by so many bytes, the monitor itself begins anew: for the time in which no daemon looks.
 * A container that writes 100 MB/s, about what a monitor carries, needs 600 ms for it; we look more often than that.
 */
export const MONITOR_SLACK_BYTES = 64 << 20;

/** How often a log that is being written is looked at: as often as its speed asks for, within these. */
export const LOOK_MS_MIN = 50;
export const LOOK_MS_MAX = 500;
/** A log that has not grown since the last look is left alone until its directory tells of a change, or so long. */
const IDLE_MS = 5_000;
/** The monitor takes an order within a millisecond, unless the disk holds it; then a later look finds what it did. */
const REOPEN_POLL_MS = 10;
const REOPEN_WAIT_MS = 1_000;
/** conmon's order "open the log file anew"; the two numbers belong to another order. */
const REOPEN_ORDER = "2 0 0";

/**
 * Keeps logs of running containers within their limits, and loses no line of what is to be kept. A container's monitor
 * can only begin its file anew, which throws all away that was in it. So the file always has a second name: whenever
 * and by whomever it is begun anew, what was there stays under that name as an older generation.
 *
 *     container.log   container.log.7      one file, being written
 *                     container.log.6      older ones; beyond their number or size they go, the oldest first
 *
 * Nothing is copied, nothing is written by the daemon, and a new daemon finds all it needs to know in the directory.
 */
export class LogKeeper {
  readonly #ports: LogKeeperPorts;
  readonly #kept = new Map<TaskId, { readonly stop: AbortController; readonly stopped: Promise<void> }>();

  constructor(ports: LogKeeperPorts) {
    this.#ports = ports;
  }

  /** From now on; does nothing when it is kept already. Begin before the container writes. */
  keep(taskId: TaskId, log: KeptLog): void {
    if (this.#kept.has(taskId)) return;
    const stop = new AbortController();
    this.#kept.set(taskId, { stop, stopped: new KeptFile(log, this.#ports).run(taskId, stop.signal) });
  }

  /** It will not be written any more. Resolves when nothing of it is touched any more. */
  async forget(taskId: TaskId): Promise<void> {
    const kept = this.#kept.get(taskId);
    this.#kept.delete(taskId);
    kept?.stop.abort();
    await kept?.stopped;
  }

  /** Stops looking after all of them. */
  async close(): Promise<void> {
    await Promise.all([...this.#kept.keys()].map((taskId) => this.forget(taskId)));
  }
}

class KeptFile {
  readonly #log: KeptLog;
  readonly #ports: LogKeeperPorts;
  /** The file that has its second name. */
  #named: { readonly inode: number; readonly generation: Generation } | null = null;
  /** The file that the monitor was told to leave; told twice, it would leave the next one before that has its name. */
  #toldToLeave: number | null = null;
  #size = 0;

  constructor(log: KeptLog, ports: LogKeeperPorts) {
    this.#log = log;
    this.#ports = ports;
  }

  /** Never rejects. */
  async run(taskId: TaskId, signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#ports;
    let lookedAt = clock.now();
    let hasFailed = false;
    while (!signal.aborted) {
      try {
        const grown = await this.#look(signal);
        if (grown > 0) {
          const ms = restMs(this.#log.bytesMax - this.#size, grown, clock.now() - lookedAt);
          lookedAt = clock.now();
          await sleep(clock, ms, "logs: look at a log's size", signal);
        } else {
          await this.#idle(signal);
          lookedAt = clock.now();
        }
        hasFailed = false;
      } catch (error) {
        if (signal.aborted) return;
        if (!hasFailed) log.warn("cannot look after a container's log", { taskId, error: messageOf(error) });
        hasFailed = true;
        await sleep(clock, IDLE_MS, "logs: look again after an error", signal).catch(() => {});
      }
    }
  }

  /** Names what is new, ends what is full. Resolves with how many bytes have come since the last look. */
  async #look(signal: AbortSignal): Promise<number> {
    const { files } = this.#ports;
    const found = await files.lookAt(this.#log.path);
    if (found === null) return 0;
    const isNew = found.inode !== this.#named?.inode;
    const grown = isNew ? found.size : found.size - this.#size;
    this.#size = found.size;
    if (isNew) await this.#name();
    if (this.#size >= this.#log.bytesMax) await this.#begin(signal);
    return grown;
  }

  /** Gives the file being written its second name, and removes generations that are too many. */
  async #name(): Promise<void> {
    const { files } = this.#ports;
    const { path } = this.#log;
    const all = await listGenerations(path, files);
    const newest = all.at(-1);
    const [current, last] = await Promise.all([files.lookAt(path), newest ? files.lookAt(newest.path) : null]);
    if (current === null) return;
    if (newest !== undefined && last?.inode === current.inode) {
      this.#named = { inode: current.inode, generation: newest };
    } else {
      const next = generation(path, (newest?.number ?? 0) + 1);
      await files.addName(path, next.path);
      // Of whatever stood there at that instant.
      const named = await files.lookAt(next.path);
      this.#named = named === null ? null : { inode: named.inode, generation: next };
    }
    await this.#removeOldest();
  }

  async #removeOldest(): Promise<void> {
    const { files } = this.#ports;
    const newestFirst = (await listGenerations(this.#log.path, files)).toReversed();
    const sizes = await Promise.all(newestFirst.map(({ path }) => files.sizeOf(path)));
    for (const { path } of newestFirst.slice(keptCount(sizes, this.#log)).toReversed()) await files.remove(path);
  }

  /** Has the monitor begin a new generation. */
  async #begin(signal: AbortSignal): Promise<void> {
    const { clock, files } = this.#ports;
    const full = this.#named?.inode ?? null;
    if (full === null) return;
    if (this.#toldToLeave !== full) {
      // Nobody listens: the container has ended, or is just ending.
      if (!(await files.tellPipe(this.#log.control, REOPEN_ORDER))) return;
      this.#toldToLeave = full;
    }
    for (const until = clock.now() + REOPEN_WAIT_MS; clock.now() < until; ) {
      const found = await files.lookAt(this.#log.path);
      if (found !== null && found.inode !== full) {
        this.#size = found.size;
        await this.#name();
        return;
      }
      await sleep(clock, REOPEN_POLL_MS, "logs: wait for a new generation", signal);
    }
  }

  async #idle(signal: AbortSignal): Promise<void> {
    const { clock, files } = this.#ports;
    const bell = new Bell();
    using _watcher = watchLog(this.#log.path, files, bell);
    // What was written before the watcher stood is not told.
    if (((await files.lookAt(this.#log.path))?.size ?? 0) !== this.#size) return;
    using _timer = clock.schedule(IDLE_MS, "logs: look at an idle log", () => bell.ring());
    await bell.next(signal);
  }
}

/**
 * How long a log may be left alone, in ms: until half of what is left would be full if it went on growing as it did.
 */
export function restMs(bytesLeft: number, grownBytes: number, elapsedMs: number): number {
  const ms = (bytesLeft / 2 / grownBytes) * Math.max(1, elapsedMs);
  return Math.min(LOOK_MS_MAX, Math.max(LOOK_MS_MIN, ms));
}

function watchLog(path: string, files: HostFiles, bell: Bell): Disposable | null {
  try {
    return files.watch(path.slice(0, path.lastIndexOf("/")), () => bell.ring());
  } catch {
    // The host is out of watches: looking now and then will do.
    return null;
  }
}
