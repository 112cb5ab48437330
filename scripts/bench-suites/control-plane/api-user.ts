import { setTimeout as sleep } from "node:timers/promises";
import type { RaftStore } from "../../../manager/store/raft-store.ts";
import { createService } from "../../../test/support/objects.ts";

/** Between two calls. */
const EVERY_MS = 50;
const NAME = "asked";

/**
 * A person who reads a service and changes one, again and again. Each call counts from when it should have been made:
 * a leader that is busy makes everybody wait before it even hears them.
 */
export class ApiUser implements AsyncDisposable {
  readonly #store: RaftStore;
  readonly #end = new AbortController();
  readonly #running: Promise<void>;
  #latenciesMs: number[] = [];

  constructor(store: RaftStore) {
    this.#store = store;
    this.#running = this.#run();
  }

  /** Those since the last call. */
  take(): readonly number[] {
    const latenciesMs = this.#latenciesMs;
    this.#latenciesMs = [];
    return latenciesMs;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end.abort();
    await this.#running;
  }

  /** At its time whatever has become of those before: people do not wait for each other. */
  async #run(): Promise<void> {
    await this.#store.update("person", (tx) => tx.create("service", createService(NAME, { replicas: 0 })));
    const calls = new Set<Promise<void>>();
    for (let dueMs = performance.now(); !this.#end.signal.aborted; dueMs += EVERY_MS) {
      await sleep(Math.max(0, dueMs - performance.now()));
      const dueAtMs = dueMs;
      // While nobody leads there is no answer; how long that takes is a figure of its own.
      const call = this.#call()
        .then(() => void this.#latenciesMs.push(performance.now() - dueAtMs))
        .catch(() => {})
        .finally(() => calls.delete(call));
      calls.add(call);
    }
    await Promise.all(calls);
  }

  async #call(): Promise<void> {
    await this.#store.update("person", (tx) => {
      const service = tx.byName("service", NAME);
      if (service !== undefined) tx.update("service", { ...service, generation: service.generation + 1 });
    });
  }
}
