/** Of a database in files, what it takes to open it anew. */
interface Reopened {
  open(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Writes of a LevelDB, one after the other. One that fails half way, as on a full disk, leaves half a record in the
 * database's log: what is written behind it is there for as long as the process lives, and the next process drops all
 * of it without a word. So after a failure the database is opened anew before the next write, which begins a new log.
 */
export class WholeWrites {
  readonly #database: Reopened;
  #tail: Promise<unknown> = Promise.resolve();
  #isTorn = false;

  constructor(database: Reopened) {
    this.#database = database;
  }

  /** @throws what the write does, or opening anew; the next one tries that again. */
  run<T>(write: () => Promise<T>): Promise<T> {
    const done = this.#tail.then(async () => {
      if (this.#isTorn) {
        await this.#database.close();
        await this.#database.open().catch(throwReason);
        this.#isTorn = false;
      }
      try {
        return await write();
      } catch (error) {
        this.#isTorn = true;
        throw error;
      }
    });
    this.#tail = done.catch(() => {});
    return done;
  }

  /** Resolves when nothing is being written. */
  async idle(): Promise<void> {
    await this.#tail;
  }
}

/** "Database failed to open" is what it says; the reason says more. */
function throwReason(error: unknown): never {
  throw error instanceof Error && error.cause instanceof Error ? error.cause : error;
}
