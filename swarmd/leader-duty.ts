import type { RaftHandle } from "../raft/raft-handle.ts";
import { messageOf, SwarmError } from "../shared/errors.ts";
import { InvariantError } from "../shared/invariant.ts";
import type { Logger } from "../shared/log.ts";
import { Scope } from "../shared/scope.ts";

export interface LeaderDutyDeps {
  readonly raft: RaftHandle;
  readonly log: Logger;
  /** Starts everything a leader does, in the scope. */
  readonly lead: (scope: Scope) => Promise<void>;
  /** A part of the leader failed for a reason that is not lost leadership: the process must end. */
  readonly onFatal: (error: unknown) => void;
}

/**
 * Leadership as a scope: gaining it starts the leader's parts, losing it ends all of them, and none starts before those
 * of an earlier leadership have ended. When one fails the manager steps aside instead of leading by halves.
 */
export class LeaderDuty implements AsyncDisposable {
  readonly #deps: LeaderDutyDeps;
  readonly #subscription: Disposable;
  #scope: Scope | null = null;
  /** Starts and ends follow each other here. */
  #queue: Promise<void> = Promise.resolve();

  constructor(deps: LeaderDutyDeps) {
    this.#deps = deps;
    this.#subscription = deps.raft.onLeadership((state) => {
      this.#enqueue(() => (state === "leading" ? this.#begin() : this.#end()));
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#subscription[Symbol.dispose]();
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
    log.info("this manager leads the swarm");
    void scope.ended.then(() => this.#onScopeEnded(scope));
    try {
      await lead(scope);
    } catch (error) {
      await scope.end();
      if (!isLostLeadership(error)) throw error;
      log.info("leadership was lost while taking it up", { reason: messageOf(error) });
    }
  }

  async #end(): Promise<void> {
    const scope = this.#scope;
    this.#scope = null;
    if (scope === null) return;
    await scope.end();
    this.#deps.log.info("this manager follows");
  }

  #onScopeEnded(scope: Scope): void {
    if (scope.failure === null || isLostLeadership(scope.failure)) return;
    const { log, onFatal } = this.#deps;
    if (scope.failure instanceof InvariantError) {
      onFatal(scope.failure);
      return;
    }
    log.error("a part of the leader failed: stepping aside", { error: messageOf(scope.failure) });
    this.#enqueue(() => this.#stepAside());
  }

  /** Another manager may do better; alone, this one starts its parts anew. */
  async #stepAside(): Promise<void> {
    const { raft } = this.#deps;
    const { raftId, members, reachable, role } = raft.status();
    if (role !== "leader") return;
    const successor = members.find((member) => member.raftId !== raftId && reachable.has(member.raftId));
    if (successor !== undefined) {
      await raft.transferLeadership(successor.raftId).catch(() => {});
      if (raft.status().role !== "leader") return;
    }
    await this.#begin();
  }
}

/** Losing leadership is no failure: it ends the scope by another way at the same moment. */
function isLostLeadership(error: unknown): boolean {
  return (
    error instanceof SwarmError &&
    (error.code === "unavailable" || error.code === "aborted" || error.code === "cancelled")
  );
}
