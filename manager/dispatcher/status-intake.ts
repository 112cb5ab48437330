import { isRetryable, messageOf } from "../../shared/errors.ts";
import type { NodeId } from "../../shared/ids.ts";
import type { Logger } from "../../shared/log.ts";
import { type Clock, sleep } from "../../shared/ports/clock.ts";
import type { Store, WriteTx } from "../store/store-types.ts";
import { isolate, type Trouble } from "../trouble.ts";
import { mergeStatus } from "./status-merge.ts";
import type { TakenStatus } from "./worker-words.ts";

/** How long the first report of a batch waits for others: a start makes several, a deployment hundreds. */
export const STATUS_GATHER_MS = 1;
/** Most statuses looked at in one transaction, so that reports that change nothing do not hold up the event loop. */
export const STATUS_BATCH_MAX = 1000;

/** Another component's failed transaction takes this one with it now and then; so often it is tried again at once. */
export const STATUS_WRITE_ATTEMPTS_MAX = 5;
export const STATUS_RETRY_MS = 20;

interface Item {
  readonly nodeId: NodeId;
  readonly update: TakenStatus;
}

interface Waiter {
  /** Settled when so many items have been written since the start. */
  readonly until: number;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Writes what workers report. While one batch is being committed the next one gathers, so the busier the cluster the
 * larger the batches, and a lone report still waits only STATUS_GATHER_MS. Callers bound what they have in flight.
 */
export class StatusIntake {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #waiters: Waiter[] = [];
  #items: Item[] = [];
  #added = 0;
  #written = 0;
  #isBusy = false;

  constructor(store: Store, clock: Clock, log: Logger) {
    this.#store = store;
    this.#clock = clock;
    this.#log = log;
  }

  /** Resolves once the reports are committed. @throws SwarmError unavailable or aborted when leadership is lost. */
  add(nodeId: NodeId, updates: readonly TakenStatus[]): Promise<void> {
    for (const update of updates) this.#items.push({ nodeId, update });
    this.#added += updates.length;
    const until = this.#added;
    return new Promise<void>((resolve, reject) => {
      this.#waiters.push({ until, resolve, reject });
      if (!this.#isBusy) void this.#drain();
    });
  }

  async #drain(): Promise<void> {
    this.#isBusy = true;
    try {
      await sleep(this.#clock, STATUS_GATHER_MS, "dispatcher: gather task statuses");
      while (this.#waiters.length > 0) {
        const written = await this.#writeSome();
        this.#items = this.#items.slice(written);
        this.#written += written;
        this.#settle((waiter) => waiter.resolve());
      }
    } catch (error) {
      // Leadership is gone: nothing that waits here will be committed by us. The workers repeat it to the next leader.
      this.#items = [];
      this.#written = this.#added;
      this.#settle((waiter) => waiter.reject(error));
    } finally {
      this.#isBusy = false;
    }
  }

  async #writeSome(): Promise<number> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#store.update("task statuses", (tx) => this.#write(tx, this.#items));
      } catch (error) {
        if (!isRetryable(error) || attempt === STATUS_WRITE_ATTEMPTS_MAX) throw error;
        await sleep(this.#clock, STATUS_RETRY_MS, "dispatcher: retry task statuses");
      }
    }
  }

  /** Writes the first of `items`, as many as fit in one transaction; returns how many that were. */
  #write(tx: WriteTx, items: readonly Item[]): number {
    const appliedAtMs = this.#clock.wallNow();
    const troubles: Trouble[] = [];
    let written = 0;
    for (const { nodeId, update } of items) {
      if (tx.isFull || written === STATUS_BATCH_MAX) break;
      written++;
      const { taskId } = update;
      const write = (): void => {
        const result = mergeStatus(tx.get("task", taskId), nodeId, update.status, appliedAtMs);
        if (result.kind === "changed") tx.update("task", result.task);
        else if (result.reason !== "known") {
          this.#log.debug("task status ignored", { nodeId, taskId, reason: result.reason });
        }
      };
      // A status that cannot be taken is dropped as if it were: repeated, it would hold up all others for ever.
      isolate(troubles, `task ${taskId}`, write, undefined);
    }
    for (const { about, error } of troubles) {
      this.#log.error("a task status made the dispatcher fail and was dropped", { about, error: messageOf(error) });
    }
    return written;
  }

  #settle(how: (waiter: Waiter) => void): void {
    while (this.#waiters[0] !== undefined && this.#waiters[0].until <= this.#written) {
      const waiter = this.#waiters.shift();
      if (waiter !== undefined) how(waiter);
    }
  }
}
