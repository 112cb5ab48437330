import { messageOf } from "./errors.ts";
import type { Logger } from "./log.ts";

/**
 * A lifetime that owns what runs in it. Ending it aborts the signal, waits for every task and disposes every resource,
 * last first; only then is it over. A task that fails ends the scope: half a set of control loops is worse than none.
 */
export class Scope implements AsyncDisposable {
  readonly signal: AbortSignal;
  /** Resolves, never rejects, when the scope is over; `failure` says whether a task brought it down. */
  readonly ended: Promise<void>;
  failure: unknown = null;

  readonly #controller = new AbortController();
  readonly #resources = new AsyncDisposableStack();
  readonly #running = new Map<string, Promise<void>>();
  readonly #log: Logger;
  #ending: Promise<void> | null = null;
  #markEnded!: () => void;

  constructor(log: Logger, parent?: AbortSignal) {
    this.#log = log;
    this.signal = this.#controller.signal;
    this.ended = new Promise((resolve) => {
      this.#markEnded = resolve;
    });
    if (parent?.aborted === true) void this.end(parent.reason);
    else {
      const onParentAbort = (): void => void this.end(parent?.reason);
      parent?.addEventListener("abort", onParentAbort, { once: true });
      this.#resources.defer(() => parent?.removeEventListener("abort", onParentAbort));
    }
  }

  /** Supervises a named task; its failure ends the scope, its normal end does not. */
  spawn(name: string, run: (signal: AbortSignal) => Promise<void>): void {
    const task = run(this.signal)
      .catch((error: unknown) => {
        if (this.signal.aborted) return;
        this.failure = error;
        this.#log.error(`${name} failed`, {
          error: messageOf(error),
          stack: error instanceof Error ? error.stack : undefined,
        });
        void this.end(error);
      })
      .finally(() => this.#running.delete(name));
    this.#running.set(name, task);
  }

  /** Hands a resource over; it is disposed when the scope ends, after the tasks. */
  own<T extends Disposable | AsyncDisposable>(resource: T): T {
    return this.#resources.use(resource);
  }

  defer(onEnd: () => void | Promise<void>): void {
    this.#resources.defer(onEnd);
  }

  /** Idempotent; resolves when everything in the scope has ended. */
  end(reason?: unknown): Promise<void> {
    this.#ending ??= this.#end(reason);
    return this.#ending;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.end();
  }

  async #end(reason: unknown): Promise<void> {
    this.#controller.abort(reason ?? new Error("scope ended"));
    await Promise.all(this.#running.values());
    try {
      await this.#resources.disposeAsync();
    } finally {
      this.#markEnded();
    }
  }
}
