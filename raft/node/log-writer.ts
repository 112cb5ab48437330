import { type Entry, totalEntryBytes } from "../core/entry.ts";
import type { HardState } from "../core/options.ts";
import type { Ready } from "../core/ready.ts";
import type { Snapshot } from "../core/snapshot.ts";
import type { RaftStorage } from "../storage/raft-storage.ts";
import { WRITE_BYTES_MAX } from "./limits.ts";

export interface WriterEvents {
  /** A received snapshot is on disk; nothing that came after it is reported before this resolves. */
  onSnapshotWritten(snapshot: Snapshot): Promise<void>;
  /** The promises that rest on these may be given, in this order. */
  onWritten(readys: readonly Ready[]): void;
  /** The last callback ever: what is on disk is no longer known. */
  onFailure(error: unknown): void;
}

/**
 * Writes Readys to disk beside the loop, in order. What accumulates during a write shares the next one, so a slow disk
 * makes writes larger but delays neither heartbeats nor votes.
 *
 * A commit index waits for the next `flush`: after a restart without it the member learns it again from the leader, and
 * a separate record with every change would be half of what is written. But it is written with every change of
 * membership: a member must not restart several changes behind, in a group that the others have long left (see
 * boot.ts). And a change that has taken effect is not reported as written before its commit is: no one may leave
 * because of what a member says that may forget it.
 */
export class LogWriter {
  readonly #storage: RaftStorage;
  readonly #events: WriterEvents;
  #queue: Ready[] = [];
  /** What should be on disk and is not yet. */
  #unwritten: HardState | null = null;
  /** The state of the disk, as far as this process has written it with a sync. */
  #written: HardState | null = null;
  /** What the last flush wrote, which a crash may take away again. */
  #flushed: HardState | null = null;
  /** The next synced write takes the commit index with it. */
  #isFlushDue = false;
  #isBusy = false;
  #running: Promise<void> = Promise.resolve();

  constructor(storage: RaftStorage, events: WriterEvents) {
    this.#storage = storage;
    this.#events = events;
  }

  /** A write is under way; `onWritten` follows, perhaps with nothing. */
  get isBusy(): boolean {
    return this.#isBusy;
  }

  /**
   * Returns false when there is nothing to wait for: the Ready counts as written. Otherwise `onWritten` will report it.
   */
  add(ready: Ready): boolean {
    if (!this.#isBusy && !ready.mustSync && !changesMembers(ready)) {
      this.#unwritten = ready.hardState ?? this.#unwritten;
      return false;
    }
    this.#queue.push(ready);
    if (!this.#isBusy) this.#run(() => this.#writeQueue());
    return true;
  }

  /** A flush would write something, now or after the write that is under way. */
  get needsFlush(): boolean {
    return this.#unwritten !== null && this.#unwritten !== this.#flushed;
  }

  /** Called now and then, so that the disk is never far behind. */
  flush(): void {
    this.#isFlushDue = true;
    if (!this.needsFlush || this.#isBusy) return;
    const hardState = this.#unwritten;
    this.#flushed = hardState;
    this.#run(async () => {
      await this.#storage.write({ hardState, entries: [], snapshot: null, sync: false });
      this.#report([]);
      await this.#writeQueue();
    });
  }

  /** Resolves when no write is under way. Never rejects. */
  async idle(): Promise<void> {
    await this.#running;
  }

  /** After a failure it stays busy for ever, and nothing more is written. */
  #run(work: () => Promise<void>): void {
    this.#isBusy = true;
    this.#running = work().catch((error: unknown) => this.#events.onFailure(error));
  }

  async #writeQueue(): Promise<void> {
    while (this.#queue.length > 0) {
      const readys = this.#takeBatch();
      const [{ snapshot }] = readys;
      const isChange = readys.some(changesMembers);
      this.#unwritten = readys.findLast(({ hardState }) => hardState !== null)?.hardState ?? this.#unwritten;
      if (isChange || readys.some(({ mustSync }) => mustSync)) {
        const entries = joinEntries(readys);
        const hardState = this.#takeHardState(isChange || entries.some(({ kind }) => kind === "confChange"));
        await this.#storage.write({ hardState, entries, snapshot, sync: true });
      }
      if (snapshot !== null) await this.#events.onSnapshotWritten(snapshot);
      this.#report(readys);
    }
  }

  /** The part that has to be written now; null: all of it can wait. A term or vote never waits. */
  #takeHardState(isDue: boolean): HardState | null {
    const hardState = this.#unwritten;
    const isPromise = hardState?.term !== this.#written?.term || hardState?.vote !== this.#written?.vote;
    if (hardState === null || !(isPromise || isDue || this.#isFlushDue)) return null;
    this.#unwritten = null;
    this.#written = hardState;
    this.#isFlushDue = false;
    return hardState;
  }

  #report(readys: readonly Ready[]): void {
    this.#isBusy = this.#queue.length > 0;
    this.#events.onWritten(readys);
  }

  /**
   * At least one; no more than a single write should hold, and a snapshot only as the first, since it replaces the log.
   */
  #takeBatch(): readonly [Ready, ...Ready[]] {
    const [first, ...rest] = this.#queue as [Ready, ...Ready[]];
    let bytes = totalEntryBytes(first.entries);
    const beyond = rest.findIndex(({ snapshot, entries }) => {
      bytes += totalEntryBytes(entries);
      return snapshot !== null || bytes > WRITE_BYTES_MAX;
    });
    const others = beyond === -1 ? rest : rest.slice(0, beyond);
    this.#queue = rest.slice(others.length);
    return [first, ...others];
  }
}

/** A change of membership takes effect with it. */
export function changesMembers({ committed }: Ready): boolean {
  return committed.some(({ kind }) => kind === "confChange");
}

/** Later entries replace earlier ones from the first of them on, as each list by itself would on disk. */
function joinEntries(readys: readonly Ready[]): readonly Entry[] {
  let joined: readonly Entry[] = [];
  for (const { entries } of readys) {
    const [[begin], [first]] = [joined, entries];
    if (first === undefined) continue;
    joined = begin === undefined ? entries : joined.slice(0, Math.max(0, first.index - begin.index)).concat(entries);
  }
  return joined;
}
