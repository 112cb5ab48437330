import type { RaftHandle } from "../raft/raft-handle.ts";
import { type BackoffOptions, backoffMs } from "../shared/backoff.ts";
import { messageOf, SwarmError } from "../shared/errors.ts";
import { InvariantError } from "../shared/invariant.ts";
import type { Logger } from "../shared/log.ts";
import { type Clock, type InstantMs, sleep } from "../shared/ports/clock.ts";
import type { Random } from "../shared/ports/random.ts";
import { Scope } from "../shared/scope.ts";

/**
 * Delay before this manager leads again, or hands over, after a part has failed once more. The first time it hands over
 * at once, since another manager may well do better. If it does not, leadership must not go round in circles.
 */
export const STEP_ASIDE: BackoffOptions = { baseMs: 1_000, maxMs: 60_000 };
/** A leadership that lasted this long did not fail in its first steps. */
export const STUMBLE_MS = 120_000;

export interface LeaderDutyDeps {
  readonly raft: RaftHandle;
  readonly log: Logger;
  /** Starts everything a leader does, in the scope. */
  readonly lead: (scope: Scope) => Promise<void>;
  readonly clock: Clock;
  readonly random: Random;
  /** An invariant is broken: the process must end. */
  readonly onFatal: (error: unknown) => void;
}

/**
 * Leadership as a scope: gaining it starts the leader's parts, losing it ends all of them, and none starts before those
 * of an earlier leadership have ended. When one fails, the manager steps aside instead of leading with half of them;
 * faults of single objects do not get this far (manager/trouble.ts).
 */
export class LeaderDuty implements AsyncDisposable {
  readonly #deps: LeaderDutyDeps;
  readonly #subscription: Disposable;
  #scope: Scope | null = null;
  readonly #disposed = new AbortController();
  #beganAtMs: InstantMs = 0;
  /** Failures since the last leadership that lasted. */
  #stumbles = 0;
  /** Starts and ends run one after the other in here. */
  #queue: Promise<void> = Promise.resolve();

  constructor(deps: LeaderDutyDeps) {
    this.#deps = deps;
    this.#subscription = deps.raft.onLeadership((state) => {
      this.#enqueue(() => (state === "leading" ? this.#begin() : this.#end()));
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#subscription[Symbol.dispose]();
    this.#disposed.abort();
    this.#enqueue(() => this.#end());
    await this.#queue;
  }

  #enqueue(step: () => Promise<void>): void {
    this.#queue = this.#queue.then(step).catch((error: unknown) => this.#deps.onFatal(error));
  }

  async #begin(): Promise<void> {
    const { log, lead } = this.#deps;
    await this.#end();
    const scope = new Scope(log.child({ duty: "leader" }));
    this.#scope = scope;
    this.#beganAtMs = this.#deps.clock.now();
    log.info("this manager leads the swarm");
    void scope.ended.then(() => this.#onScopeEnded(scope));
    try {
      await lead(scope);
    } catch (error) {
      await scope.end();
      if (!isLostLeadership(error)) throw error;
      log.info("lost leadership while taking it up", { reason: messageOf(error) });
      void this.#beginAgainUnlessLost(scope);
    }
  }

  async #end(): Promise<void> {
    const scope = this.#scope;
    this.#scope = null;
    if (scope === null) return;
    await scope.end();
    this.#deps.log.info("this manager no longer leads the swarm");
  }

  #onScopeEnded(scope: Scope): void {
    if (scope.failure === null) return;
    if (isLostLeadership(scope.failure)) {
      void this.#beginAgainUnlessLost(scope);
      return;
    }
    const { log, onFatal } = this.#deps;
    if (scope.failure instanceof InvariantError) {
      onFatal(scope.failure);
      return;
    }
    const stumbles = this.#stumble();
    const waitMs = stumbles === 0 ? 0 : backoffMs(stumbles - 1, STEP_ASIDE, this.#deps.random);
    log.error("a part of the leader failed: stepping aside", { error: messageOf(scope.failure), waitMs });
    void this.#stepAsideAfter(waitMs);
  }

  /** How many leaderships there were before this one. */
  #stumble(): number {
    if (this.#deps.clock.now() - this.#beganAtMs >= STUMBLE_MS) this.#stumbles = 0;
    return this.#stumbles++;
  }

  /** Lost leadership ends everything anyway. A fault that only looked like it must not leave a leader idle. */
  async #beginAgainUnlessLost(scope: Scope): Promise<void> {
    const { clock, random, raft, log } = this.#deps;
    const waitMs = backoffMs(this.#stumble(), STEP_ASIDE, random);
    await sleep(clock, waitMs, "leader: begin again", this.#disposed.signal).catch(() => {});
    if (this.#disposed.signal.aborted) return;
    this.#enqueue(async () => {
      if (this.#scope !== scope || raft.status().role !== "leader") return;
      log.info("this manager still leads, although a part of it ended: starting that part again");
      await this.#begin();
    });
  }

  // Not in the queue: losing the leadership in the meantime must not wait for it.
  async #stepAsideAfter(waitMs: number): Promise<void> {
    const { clock } = this.#deps;
    if (waitMs > 0) await sleep(clock, waitMs, "leader: step aside", this.#disposed.signal).catch(() => {});
    if (!this.#disposed.signal.aborted) this.#enqueue(() => this.#stepAside());
  }

  /** Another manager may do better; if there is none, this one starts its parts again. */
  async #stepAside(): Promise<void> {
    const { raft } = this.#deps;
    const { raftId, members, reachable, role } = raft.status();
    // Leadership was lost, or lost and regained, during this wait.
    if (role !== "leader" || this.#scope?.failure === null) return;
    const successor = members.find((member) => member.raftId !== raftId && reachable.has(member.raftId));
    if (successor !== undefined) {
      await raft.transferLeadership(successor.raftId).catch(() => {});
      if (raft.status().role !== "leader") return;
    }
    await this.#begin();
  }
}

/** Losing leadership is not a failure: it ends the scope in another way at the same moment. */
function isLostLeadership(error: unknown): boolean {
  return (
    error instanceof SwarmError &&
    (error.code === "unavailable" || error.code === "aborted" || error.code === "cancelled")
  );
}
