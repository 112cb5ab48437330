import { type BackoffOptions, backoffMs } from "../shared/backoff.ts";
import { endsWithin } from "../shared/ends-within.ts";
import { messageOf } from "../shared/errors.ts";
import { InvariantError } from "../shared/invariant.ts";
import type { Logger } from "../shared/log.ts";
import { type Clock, sleep } from "../shared/ports/clock.ts";
import type { Random } from "../shared/ports/random.ts";
import { FatalError } from "./exit-codes.ts";
import type { ManagerRuntime } from "./runtimes.ts";
import { toFatal } from "./storage-faults.ts";

/** Delay between attempts to start a manager, each of which may itself look for a leader for some seconds. */
export const MANAGER_RETRY: BackoffOptions = { baseMs: 500, maxMs: 10_000 };
/** A node's start waits this long for its manager; the worker and its containers do not wait any longer. */
export const MANAGER_WAIT_MS = 3_000;

export interface ManagerHalfDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** A fault that no further attempt can fix: the process must end. */
  readonly onFatal: (error: unknown) => void;
}

/** Starts a manager once; ends early, with nothing left behind, when the signal aborts. */
export type StartManager = (signal: AbortSignal) => Promise<ManagerRuntime>;

/**
 * The manager of a node whose role requires one. The other managers may be down, or without a leader, when it wants to
 * join them: that is no reason to give up, nor to keep the node's worker waiting.
 */
export class ManagerHalf {
  readonly #deps: ManagerHalfDeps;
  #runtime: ManagerRuntime | null = null;
  #attempts: { readonly end: AbortController; readonly done: Promise<void> } | null = null;
  #waitsFor = "";

  constructor(deps: ManagerHalfDeps) {
    this.#deps = deps;
  }

  get runtime(): ManagerRuntime | null {
    return this.#runtime;
  }

  /** Why a manager that is wanted does not run yet, in a sentence; "" = it runs, or none is wanted. */
  get waitsFor(): string {
    return this.#waitsFor;
  }

  /** One attempt. @throws what it throws. */
  async startOnce(start: StartManager): Promise<void> {
    this.#runtime = await start(new AbortController().signal);
  }

  /**
   * Tries until it is running; resolves then, or after MANAGER_WAIT_MS while the attempts go on.
   * @throws a permanent fault, if it appears within this time; later it is fatal.
   */
  async startPatiently(start: StartManager): Promise<void> {
    await this.#endAttempts();
    const end = new AbortController();
    this.#waitsFor = "the manager is being prepared";
    let isWaitedFor = true;
    const run = this.#attempt(start, end.signal);
    const done = run.catch((error: unknown) => {
      if (!isWaitedFor && !end.signal.aborted) this.#deps.onFatal(toFatal(error));
    });
    this.#attempts = { end, done };
    await endsWithin(MANAGER_WAIT_MS, run, this.#deps.clock);
    isWaitedFor = false;
  }

  /** Ends the attempts and the manager. */
  async stop(): Promise<void> {
    await this.#endAttempts();
    const runtime = this.#runtime;
    this.#runtime = null;
    await runtime?.[Symbol.asyncDispose]();
  }

  async #endAttempts(): Promise<void> {
    const attempts = this.#attempts;
    this.#attempts = null;
    attempts?.end.abort();
    await attempts?.done;
    this.#waitsFor = "";
  }

  async #attempt(start: StartManager, signal: AbortSignal): Promise<void> {
    const { clock, random, log } = this.#deps;
    for (let failures = 0; ; failures++) {
      try {
        const runtime = await start(signal);
        if (signal.aborted) {
          await runtime[Symbol.asyncDispose]();
          return;
        }
        this.#runtime = runtime;
        this.#waitsFor = "";
        return;
      } catch (error) {
        if (signal.aborted) return;
        if (!mayPass(error)) throw error;
        const sentence = messageOf(error);
        // Logged once for each reason: it may take hours until the others are there.
        if (sentence === this.#waitsFor) log.debug("the manager cannot start yet", { error: sentence, failures });
        else log.warn("the manager cannot start yet; trying again", { error: sentence });
        this.#waitsFor = sentence;
      }
      await sleep(clock, backoffMs(failures, MANAGER_RETRY, random), "start of the manager", signal).catch(() => {});
      if (signal.aborted) return;
    }
  }
}

/**
 * Whether a fault at a node's start may go away by itself. Only a Raft log that cannot be used, or a bug, is final: if
 * the others refuse this node for good, its worker is told, and then ends its containers, too.
 */
export function mayPass(error: unknown): boolean {
  return !(toFatal(error) instanceof FatalError || error instanceof InvariantError);
}
