import { Bell } from "../../shared/bell.ts";
import { messageOf } from "../../shared/errors.ts";
import type { ContainerKey } from "../../shared/ids.ts";
import type { Logger } from "../../shared/log.ts";
import type { LogLimits } from "../../shared/objects/log-driver.ts";
import { type Clock, sleep } from "../../shared/ports/clock.ts";
import type { HostFiles } from "../ports/host-files.ts";
import { type Generation, generation, keptCount, listGenerations } from "./generations.ts";

/** The log of a running container. */
export interface KeptLog extends LogLimits {
  /** Where its monitor writes. */
  readonly path: string;
  /** The named pipe on which its monitor takes orders. */
  readonly control: string;
}

export interface LogKeeperPorts {
  readonly files: HostFiles;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * This many bytes over a generation's limit, the monitor itself starts the file afresh, in case no daemon is looking. A
 * container that writes 100 MB/s, about as much as a monitor can handle, needs 600 ms for that; we look more often.
 */
export const MONITOR_SLACK_BYTES = 64 << 20;

/** How often a log that is being written is checked: as often as its speed requires, within these limits. */
export const LOOK_MS_MIN = 50;
export const LOOK_MS_MAX = 500;
/**
 * A log that has not grown since the last look is left alone until its directory reports a change, or for this long:
 * what goes on being written is reported again and again, and looking at many logs is much of a resting daemon's work.
 */
const IDLE_MS = 60_000;
/** The same where nothing reports a change: the host has run out of watches, or a full log's monitor did not listen. */
const UNWATCHED_MS = 5_000;
/** The monitor takes an order within a millisecond, unless the disk holds it; then a later look finds what it did. */
const REOPEN_POLL_MS = 10;
const REOPEN_WAIT_MS = 1_000;
/** conmon's order to reopen the log file; the two numbers belong to another order. */
const REOPEN_ORDER = "2 0 0";

/**
 * Keeps logs of running containers within their limits, and loses no line that should be kept. A container's monitor
 * can only start its file afresh, which discards everything in it. So the file always has a second name: whenever and
 * by whatever it is started afresh, what was there stays under that name as an older generation.
 *
 *     container.log   container.log.7      one file, being written
 *                     container.log.6      older ones; beyond their number or size they go, the oldest first
 *
 * Nothing is copied, the daemon writes nothing, and a new daemon finds everything it needs to know in the directory.
 */
export class LogKeeper {
  readonly #ports: LogKeeperPorts;
  readonly #kept = new Map<ContainerKey, { readonly stop: AbortController; readonly stopped: Promise<void> }>();

  constructor(ports: LogKeeperPorts) {
    this.#ports = ports;
  }

  /** From now on; does nothing when it is kept already. Begin before the container writes. */
  keep(key: ContainerKey, log: KeptLog): void {
    if (this.#kept.has(key)) return;
    const stop = new AbortController();
    this.#kept.set(key, { stop, stopped: new KeptFile(log, this.#ports).run(key, stop.signal) });
  }

  /** It will not be written any more. Resolves when nothing of it is touched any more. */
  async forget(key: ContainerKey): Promise<void> {
    const kept = this.#kept.get(key);
    this.#kept.delete(key);
    kept?.stop.abort();
    await kept?.stopped;
  }

  /** Stops looking after all of them. */
  async close(): Promise<void> {
    await Promise.all([...this.#kept.keys()].map((key) => this.forget(key)));
  }
}

class KeptFile {
  readonly #log: KeptLog;
  readonly #ports: LogKeeperPorts;
  /** The file that has its second name. */
  #named: { readonly inode: number; readonly generation: Generation } | null = null;
  /**
   * The file that the monitor was told to leave; told twice, it would leave the next one before that one has its second
   * name.
   */
  #toldToLeave: number | null = null;
  #size = 0;

  constructor(log: KeptLog, ports: LogKeeperPorts) {
    this.#log = log;
    this.#ports = ports;
  }

  /** Never rejects. */
  async run(key: ContainerKey, signal: AbortSignal): Promise<void> {
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
        if (!hasFailed) log.warn("cannot look after a container's log", { container: key, error: messageOf(error) });
        hasFailed = true;
        await sleep(clock, UNWATCHED_MS, "logs: look again after an error", signal).catch(() => {});
      }
    }
  }

  /** Gives new files their second name, ends full ones. Resolves with how many bytes have come since the last look. */
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
      // The file that was there at that instant.
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
      // Nothing is listening: the container has ended, or is just ending.
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
    using watcher = watchLog(this.#log.path, files, bell);
    // What was written before the watcher was set up is not reported.
    if (((await files.lookAt(this.#log.path))?.size ?? 0) !== this.#size) return;
    const isDone = watcher !== null && this.#size < this.#log.bytesMax;
    const idleMs = isDone ? IDLE_MS : UNWATCHED_MS;
    using _timer = clock.schedule(idleMs, "logs: look at an idle log", () => bell.ring());
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
    // The host has run out of watches: looking now and then will do.
    return null;
  }
}
