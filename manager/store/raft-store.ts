import type { RaftHandle } from "../../raft/raft-handle.ts";
import { messageOf, SwarmError } from "../../shared/errors.ts";
import { InvariantError, invariant } from "../../shared/invariant.ts";
import type { Logger } from "../../shared/log.ts";
import type { Clock } from "../../shared/ports/clock.ts";
import { NotLeaderError } from "../../shared/rpc/not-leader.ts";
import { joinEntry } from "./change-codec.ts";
import { STORE_IN_FLIGHT_MAX } from "./limits.ts";
import type { Applied, StoreMachine } from "./store-machine.ts";
import type { Commit, ReadView, Store, WriteTx } from "./store-types.ts";
import { WorkingTables, type Write } from "./working-tables.ts";
import { WorkingTx } from "./working-tx.ts";

export interface RaftStoreOptions {
  readonly machine: StoreMachine;
  /** Drives `machine`. */
  readonly raft: RaftHandle;
  readonly clock: Clock;
  readonly log: Logger;
  /** Freezes objects in flight, as StoreMachineOptions.freeze does committed ones. */
  readonly freeze: boolean;
}

/** A transaction that has been proposed and is not yet known to be committed. */
interface InFlight {
  readonly sequence: number;
  readonly writes: readonly Write[];
  readonly committed: Promise<void>;
  /** Index of the entry that was applied under this number; null = none yet. */
  appliedAt: number | null;
}

/**
 * The store over Raft.
 *
 *     update(change) --> working tables --> propose --> ... log ... --> StoreMachine.apply --> committed tables
 *                            ^                                                   |
 *                            +------ shown through the writes in flight ---------+--> listeners
 *
 * Invariants: (1) working tables = committed tables + the writes of `#inFlight`, in order; (2) the transactions of
 * `#inFlight` have successive sequence numbers from the machine's on; (3) there are working tables only while this
 * manager leads. When any proposal fails, the working tables and everything in flight are thrown away: what was
 * computed on top of the failed one is refused by its sequence number wherever it is applied.
 */
export class RaftStore implements Store, Disposable {
  readonly #machine: StoreMachine;
  readonly #raft: RaftHandle;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #freeze: boolean;
  readonly #listeners = new Set<(commit: Commit) => void>();
  readonly #subscriptions = new DisposableStack();
  #leading = false;
  #working: WorkingTables | null = null;
  #inFlight: InFlight[] = [];
  /** Proposals without an outcome, by sequence number, including discarded ones; new working tables wait for them. */
  readonly #unsettled = new Map<number, InFlight>();
  /** Transactions waiting for their turn, oldest first. */
  readonly #waiting: (() => void)[] = [];
  #running: string | null = null;

  constructor(options: RaftStoreOptions) {
    this.#machine = options.machine;
    this.#raft = options.raft;
    this.#clock = options.clock;
    this.#log = options.log;
    this.#freeze = options.freeze;
    this.#subscriptions.use(this.#machine.subscribe((applied) => this.#onApplied(applied)));
    this.#subscriptions.use(
      this.#raft.onLeadership((state) => {
        this.#leading = state === "leading";
        this.#discard();
        this.#runWaiting();
      }),
    );
  }

  view(): ReadView {
    return this.#machine.view();
  }

  update<T>(label: string, change: (tx: WriteTx) => T): Promise<T> {
    if (this.#waiting.length === 0 && !this.#mustWait()) return this.#execute(label, change);
    return new Promise((resolve, reject) => {
      this.#waiting.push(() => void this.#execute(label, change).then(resolve, reject));
    });
  }

  subscribe(listener: (commit: Commit) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  /** Drops its machine and its Raft group; what is in flight settles by itself. */
  [Symbol.dispose](): void {
    this.#leading = false;
    this.#discard();
    this.#runWaiting();
    this.#subscriptions.dispose();
  }

  /** After a failed proposal its successors are bound to fail but have not failed yet: nothing is added to them. */
  #mustWait(): boolean {
    return this.#leading && this.#unsettled.size >= (this.#working === null ? 1 : STORE_IN_FLIGHT_MAX);
  }

  #runWaiting(): void {
    while (this.#waiting.length > 0 && !this.#mustWait()) this.#waiting.shift()?.();
  }

  /** Runs and proposes at once, before it first waits. */
  async #execute<T>(label: string, change: (tx: WriteTx) => T): Promise<T> {
    if (!this.#leading) throw new NotLeaderError(null, "this manager does not lead the swarm");
    this.#working ??= new WorkingTables(this.#machine.view());
    const tx = new WorkingTx(this.#working, { label, nowMs: this.#clock.wallNow(), freeze: this.#freeze });
    const result = this.#run(label, tx, change);
    await (tx.writes.length > 0 ? this.#propose(tx) : this.#inFlight.at(-1)?.committed);
    return result;
  }

  /** Synchronous on purpose: nothing commits and leadership does not change while a transaction runs. */
  #run<T>(label: string, tx: WorkingTx, change: (tx: WriteTx) => T): T {
    const outer = this.#running;
    invariant(outer === null, () => `transaction "${label}" starts inside "${outer}"`);
    this.#running = label;
    try {
      const result = change(tx);
      invariant(!isPromise(result), () => `transaction "${label}" is asynchronous`);
      return result;
    } catch (error) {
      tx.undo();
      throw error;
    } finally {
      tx.close();
      this.#running = null;
    }
  }

  #propose(tx: WorkingTx): Promise<void> {
    const sequence = this.#machine.sequence + this.#inFlight.length;
    const data = joinEntry({ sequence, proposedAtMs: tx.nowMs }, tx.encoded);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const inFlight: InFlight = { sequence, writes: tx.writes, committed: promise, appliedAt: null };
    this.#inFlight.push(inFlight);
    this.#unsettled.set(sequence, inFlight);
    this.#raft.propose(data).then(
      (index) => {
        this.#unsettled.delete(sequence);
        if (inFlight.appliedAt === index) resolve();
        else reject(new SwarmError("aborted", "a change before this one was lost, and this one with it; try again"));
        this.#runWaiting();
      },
      (error: unknown) => {
        this.#unsettled.delete(sequence);
        if (this.#inFlight.includes(inFlight)) this.#discard();
        reject(error);
        this.#runWaiting();
      },
    );
    return promise;
  }

  #onApplied({ sequence, commit }: Applied): void {
    if (sequence === null) {
      this.#discard();
    } else {
      const settled = this.#unsettled.get(sequence);
      if (settled !== undefined) settled.appliedAt = commit.version;
      this.#settle(sequence);
    }
    for (const listener of this.#listeners) this.#tell(listener, commit);
  }

  /**
   * A listener must not break committing. A listener that fails on a change is told to look at everything instead, as
   * after a snapshot.
   */
  #tell(listener: (commit: Commit) => void, commit: Commit): void {
    try {
      listener(commit);
    } catch (error) {
      this.#log.error("a listener of the store failed on a commit", {
        version: commit.version,
        error: messageOf(error),
        stack: error instanceof Error ? error.stack : undefined,
      });
      if (!commit.resync) this.#tell(listener, { version: commit.version, changes: [], resync: true });
    }
  }

  /** The oldest transaction in flight is in the committed tables: the working tables need not show it any more. */
  #settle(sequence: number): void {
    const oldest = this.#inFlight[0];
    if (oldest === undefined) {
      // Another manager's entry, or one of ours that was discarded: what is computed next starts from it.
      this.#working = null;
      return;
    }
    if (oldest.sequence !== sequence) throw new InvariantError(`entry ${sequence} commits before ${oldest.sequence}`);
    this.#inFlight.shift();
    const working = this.#working;
    invariant(working !== null, "what is in flight is in the working tables");
    for (const write of oldest.writes) working.settle(write);
  }

  /** Discards the working state; each waiting caller learns the reason from its own proposal. */
  #discard(): void {
    this.#working = null;
    this.#inFlight = [];
  }
}

function isPromise(value: unknown): boolean {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}
