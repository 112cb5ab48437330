import { SwarmError } from "../../shared/errors.ts";
import type { Clock } from "../../shared/ports/clock.ts";
import type { UpdateStatus__Output } from "../../shared/rpc/gen/swarm/v1/UpdateStatus.ts";
import type { WatchResponse__Output } from "../../shared/rpc/gen/swarm/v1/WatchResponse.ts";
import { failuresSince, type MayRunOn, progressOf } from "./convergence.ts";
import type { ProgressView } from "./progress-view.ts";
import { SwarmCopy } from "./swarm-copy.ts";

/** How long all tasks must run before the service counts as converged, when its update config does not say. */
const MONITOR_MS = 5_000;
/** This many failures of one slot, and nothing that runs in it: waiting longer tells nothing new. */
const FAILURES_MAX = 3;

/** Follows one service through as many watches as it takes. */
export class ServiceWaiter {
  readonly #view: ProgressView;
  readonly #clock: Clock;
  readonly #mayRunOn: MayRunOn;
  readonly #copy = new SwarmCopy();
  /** Tasks that were over before we came, and the update's state then: old stories. */
  #oldTasks: ReadonlySet<string> | null = null;
  #oldUpdate: UpdateStatus__Output | null = null;
  #stableSinceMs: number | null = null;

  constructor(view: ProgressView, clock: Clock, mayRunOn: MayRunOn) {
    this.#view = view;
    this.#clock = clock;
    this.#mayRunOn = mayRunOn;
  }

  static async create(view: ProgressView, clock: Clock): Promise<ServiceWaiter> {
    const { mayRunOn } = await import("./may-run-on.ts");
    return new ServiceWaiter(view, clock, mayRunOn);
  }

  /**
   * Resolves once the service has converged and stayed so; rejects with what the messages' stream rejects with.
   * The caller ends the stream afterwards.
   */
  async follow(messages: AsyncIterable<WatchResponse__Output>): Promise<void> {
    this.#copy.clear();
    const iterator = messages[Symbol.asyncIterator]();
    let next = iterator.next();
    // Looked at once more where it is awaited; a failure while we wait for the timer must not be unhandled.
    next.catch(() => {});
    try {
      for (;;) {
        using timer = this.#stableTimer();
        const event = await Promise.race([next, timer.fired]);
        if (event === "stable") {
          this.#view.note("verify: Service converged");
          return;
        }
        if (event.done === true) return;
        this.#copy.apply(event.value);
        next = iterator.next();
        next.catch(() => {});
        this.#look();
      }
    } finally {
      // Not awaited: it would wait for the message we no longer wait for. Whoever made the stream ends it.
      iterator.return?.()?.catch(() => {});
    }
  }

  #look(): void {
    const copy = this.#copy;
    if (copy.removed) throw new SwarmError("failedPrecondition", "the service was removed in the meantime");
    if (copy.service === null) return;
    this.#rememberOld();
    this.#throwIfPaused(copy.service.updateStatus);
    const name = copy.service.spec?.annotations?.name ?? copy.service.id;
    const progress = progressOf(copy, this.#mayRunOn);
    this.#view.show(name, progress);
    for (const [key, failed] of failuresSince(copy, this.#oldTasks ?? new Set())) {
      const slot = progress.slots.find((candidate) => candidate.key === key);
      if (slot === undefined || slot.running || failed.length < FAILURES_MAX) continue;
      throw new SwarmError(
        "failedPrecondition",
        `service ${name} does not converge: ${name}.${key} failed ${failed.length} times: ${slot.error}. ` +
          `It stays in the swarm and goes on trying; see \`swarmctl service ps ${name}\``,
      );
    }
    if (!progress.converged) {
      if (this.#stableSinceMs !== null) this.#view.note("verify: Detected task failure");
      this.#stableSinceMs = null;
    } else if (this.#stableSinceMs === null) {
      this.#stableSinceMs = this.#clock.now();
      this.#view.note(`verify: Waiting ${this.#monitorMs() / 1_000} seconds to verify that tasks are stable...`);
    }
  }

  #rememberOld(): void {
    if (this.#oldTasks !== null) return;
    const isOver = (state: string | undefined): boolean => state === "FAILED" || state === "REJECTED";
    this.#oldTasks = new Set(
      [...this.#copy.tasks.values()].filter((task) => isOver(task.status?.state)).map((task) => task.id),
    );
    this.#oldUpdate = this.#copy.service?.updateStatus ?? null;
  }

  #throwIfPaused(status: UpdateStatus__Output | null): void {
    if (status === null || status.startedAtMs === this.#oldUpdate?.startedAtMs) return;
    if (status.state === "PAUSED") {
      throw new SwarmError("failedPrecondition", `service update paused: ${status.message}`);
    }
    if (status.state === "ROLLBACK_PAUSED") {
      throw new SwarmError("failedPrecondition", `service rollback paused: ${status.message}`);
    }
    if (status.state === "ROLLBACK_STARTED") this.#view.note(`rollback: ${status.message}`);
  }

  #monitorMs(): number {
    return this.#copy.service?.spec?.update?.monitorMs ?? MONITOR_MS;
  }

  #stableTimer(): Disposable & { readonly fired: Promise<"stable"> } {
    const sinceMs = this.#stableSinceMs;
    if (sinceMs === null) return { fired: new Promise(() => {}), [Symbol.dispose]: () => {} };
    const { promise, resolve } = Promise.withResolvers<"stable">();
    const leftMs = Math.max(0, sinceMs + this.#monitorMs() - this.#clock.now());
    const timer = this.#clock.schedule(leftMs, "service stable", () => resolve("stable"));
    return { fired: promise, [Symbol.dispose]: () => timer[Symbol.dispose]() };
  }
}
