import { SwarmError } from "../../../shared/errors.ts";
import type { Clock } from "../../../shared/ports/clock.ts";
import type { WatchResponse } from "../../../shared/rpc/gen/control.ts";
import type { UpdateStatus } from "../../../shared/rpc/gen/objects.ts";
import { ROLLOUT_DEFAULTS } from "../../../shared/service-spec/defaults.ts";
import { endsSince, hasEnded, type MayRunOn, type Progress, progressOf } from "./convergence.ts";
import type { ProgressView } from "./progress-view.ts";
import { SwarmCopy } from "./swarm-copy.ts";

/** This many ends of one slot's tasks, and nothing that runs in it: waiting longer tells nothing new. */
const ENDS_MAX = 3;

/** Follows one service through as many watches as it takes. */
export class ServiceWaiter {
  readonly #view: ProgressView;
  readonly #clock: Clock;
  readonly #mayRunOn: MayRunOn;
  readonly #copy = new SwarmCopy();
  /** Tasks that were over before we came, and the update's state then: old stories. */
  #oldTasks: ReadonlySet<string> | null = null;
  #oldUpdate: UpdateStatus | null = null;
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
  async follow(messages: AsyncIterable<WatchResponse>): Promise<void> {
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
    this.#throwIfHopeless(name, progress);
    if (!progress.converged) {
      if (this.#stableSinceMs !== null) this.#view.note("verify: Detected task failure");
      this.#stableSinceMs = null;
    } else if (this.#stableSinceMs === null) {
      this.#stableSinceMs = this.#clock.now();
      this.#view.note(`verify: Waiting ${this.#monitorMs() / 1_000} seconds to verify that tasks are stable...`);
    }
  }

  #throwIfHopeless(name: string, { slots }: Progress): void {
    const ends = endsSince(this.#copy, this.#oldTasks ?? new Set());
    for (const { key, state, error, running, isOver } of slots) {
      const count = ends.get(key)?.length ?? 0;
      const why = error === "" ? "its command ends, with exit code 0" : error;
      if (isOver && state !== "COMPLETE") {
        throw notConverging(name, `${key} failed: ${why}. Its restart policy allows no more tries`);
      }
      if (!isOver && !running && count >= ENDS_MAX) {
        const times = `${error === "" ? "ended" : "failed"} ${count} times`;
        throw notConverging(name, `${key} ${times}: ${why}. It stays in the swarm and goes on trying`);
      }
    }
  }

  #rememberOld(): void {
    if (this.#oldTasks !== null) return;
    this.#oldTasks = new Set([...this.#copy.tasks.values()].filter(hasEnded).map((task) => task.id));
    this.#oldUpdate = this.#copy.service?.updateStatus ?? null;
  }

  #throwIfPaused(status: UpdateStatus | null): void {
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
    const { spec, updateStatus } = this.#copy.service ?? { spec: null, updateStatus: null };
    const isRollback = updateStatus?.state === "ROLLBACK_STARTED" || updateStatus?.state === "ROLLBACK_COMPLETED";
    return (isRollback ? spec?.rollback : spec?.update)?.monitorMs || ROLLOUT_DEFAULTS.monitorMs;
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

function notConverging(name: string, what: string): SwarmError {
  return new SwarmError(
    "failedPrecondition",
    `service ${name} does not converge: ${name}.${what}; see \`swarmctl service ps ${name}\``,
  );
}
