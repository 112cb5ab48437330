import { SwarmError } from "../../shared/errors.ts";

interface Job<T, Progress> {
  readonly result: Promise<T>;
  readonly controller: AbortController;
  readonly listeners: Set<(progress: Progress) => void>;
  /** null = nothing yet. */
  last: { readonly progress: Progress } | null;
}

/** What a piece of work is given: it stops when aborted and may report its progress. */
export interface WorkContext<Progress = string> {
  readonly signal: AbortSignal;
  readonly report: (progress: Progress) => void;
}

/**
 * Does a named piece of work once for everyone who asks while it is being done, and at most `atOnce` pieces at a time.
 * A caller that leaves does not stop it for the others; when the last one leaves, it is stopped.
 */
export class SharedWork<T, Progress = string> {
  readonly #jobs = new Map<string, Job<T, Progress>>();
  readonly #waiting: (() => void)[] = [];
  #free: number;

  constructor(atOnce: number) {
    this.#free = atOnce;
  }

  /** @throws SwarmError cancelled when `signal` is aborted; what the work throws. */
  async join(
    name: string,
    signal: AbortSignal,
    onProgress: (progress: Progress) => void,
    work: (context: WorkContext<Progress>) => Promise<T>,
  ): Promise<T> {
    throwIfAborted(signal, name);
    const job = this.#jobs.get(name) ?? this.#begin(name, work);
    const listener = (progress: Progress): void => onProgress(progress);
    job.listeners.add(listener);
    if (job.last !== null) onProgress(job.last.progress);
    const left = Promise.withResolvers<never>();
    const onAbort = (): void => left.reject(new SwarmError("cancelled", `${name}: cancelled`));
    signal.addEventListener("abort", onAbort, { once: true });
    try {
      return await Promise.race([job.result, left.promise]);
    } finally {
      signal.removeEventListener("abort", onAbort);
      job.listeners.delete(listener);
      if (job.listeners.size === 0) this.#abandon(name, job);
    }
  }

  #begin(name: string, work: (context: WorkContext<Progress>) => Promise<T>): Job<T, Progress> {
    const controller = new AbortController();
    const listeners = new Set<(progress: Progress) => void>();
    const report = (progress: Progress): void => {
      job.last = { progress };
      for (const listener of listeners) listener(progress);
    };
    const run = async (): Promise<T> => {
      await this.#takeTurn();
      try {
        throwIfAborted(controller.signal, name);
        return await work({ signal: controller.signal, report });
      } finally {
        this.#giveTurn();
        if (this.#jobs.get(name) === job) this.#jobs.delete(name);
      }
    };
    const job: Job<T, Progress> = { result: run(), controller, listeners, last: null };
    // Everybody may have left before it fails; those that stay see the fault through `join`.
    job.result.catch(() => {});
    this.#jobs.set(name, job);
    return job;
  }

  /** The next caller starts again, rather than joining work that is being stopped. */
  #abandon(name: string, job: Job<T, Progress>): void {
    job.controller.abort(new SwarmError("cancelled", `${name}: nobody waits for it any more`));
    if (this.#jobs.get(name) === job) this.#jobs.delete(name);
  }

  async #takeTurn(): Promise<void> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  #giveTurn(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free += 1;
    else next();
  }
}

function throwIfAborted(signal: AbortSignal, name: string): void {
  if (signal.aborted) throw new SwarmError("cancelled", `${name}: cancelled`);
}
