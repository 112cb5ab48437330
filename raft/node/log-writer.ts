import type { HardState } from "../core/options.ts";
import type { Ready } from "../core/ready.ts";
import type { RaftStorage } from "../storage/raft-storage.ts";

/**
 * Writes what Readys ask for. A commit index alone waits for the next write or the next `flush`: a restart without it
 * only hears it again from the leader, and a write of its own would make every change wait for the disk twice.
 */
export class LogWriter {
  readonly #storage: RaftStorage;
  /** What the disk should know and does not. */
  #unwritten: HardState | null = null;

  constructor(storage: RaftStorage) {
    this.#storage = storage;
  }

  /** Resolves when all promises that rest on the Ready's write may be given. */
  async write({ hardState, entries, snapshot, mustSync }: Ready): Promise<void> {
    this.#unwritten = hardState ?? this.#unwritten;
    if (mustSync) await this.#storage.write({ hardState: this.#take(), entries, snapshot, sync: true });
  }

  /** Now and then, so that the disk is never far behind. */
  async flush(): Promise<void> {
    if (this.#unwritten === null) return;
    await this.#storage.write({ hardState: this.#take(), entries: [], snapshot: null, sync: false });
  }

  #take(): HardState | null {
    const hardState = this.#unwritten;
    this.#unwritten = null;
    return hardState;
  }
}
