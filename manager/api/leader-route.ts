import type { RaftMember } from "../../raft/ids.ts";
import type { RaftHandle } from "../../raft/raft-handle.ts";
import { SwarmError } from "../../shared/errors.ts";
import type { Clock } from "../../shared/ports/clock.ts";
import { NotLeaderError } from "../../shared/rpc/not-leader.ts";

/**
 * How long a call waits while the managers elect. An election takes well under a second; five seconds are enough to
 * conclude that there is no election.
 */
export const LEADER_WAIT_MS = 5000;
/** How soon a leader that refused or could not be reached is asked again, unless a change is noticed sooner. */
export const LEADER_RETRY_MS = 100;

/** Where a call should be carried out. */
export type Place = { readonly kind: "here" } | { readonly kind: "there"; readonly address: string };

export interface LeaderRouteOptions {
  readonly raft: RaftHandle;
  readonly clock: Clock;
}

/** Knows where the leader is, and waits for one. Made before this manager can lead, since it follows the changes. */
export class LeaderRoute implements Disposable {
  readonly #raft: RaftHandle;
  readonly #clock: Clock;
  readonly #subscriptions = new DisposableStack();
  readonly #waiting = new Set<() => void>();
  #leading = false;
  #isDisposed = false;

  constructor({ raft, clock }: LeaderRouteOptions) {
    this.#raft = raft;
    this.#clock = clock;
    this.#subscriptions.use(
      raft.onLeadership((state) => {
        this.#leading = state === "leading";
        this.#wakeAll();
      }),
    );
    this.#subscriptions.use(raft.onLeaderChange(() => this.#wakeAll()));
  }

  /** null while no leader is known, and while this manager was elected but has not applied everything yet. */
  now(): Place | null {
    if (this.#leading) return { kind: "here" };
    const leader = this.#leader();
    return leader === null ? null : { kind: "there", address: leader.address };
  }

  /** The address of another manager that leads, for hints. */
  leaderAddress(): string | null {
    return this.#leader()?.address ?? null;
  }

  /**
   * @throws NotLeaderError when there is no leader at `deadline` (of the clock's `now`); SwarmError unavailable when
   * this manager ends before; the signal's reason.
   */
  async find(deadline: number, signal: AbortSignal): Promise<Place> {
    for (;;) {
      // A demoted manager no longer hears of any leader: waiting callers should ask elsewhere, at once.
      if (this.#isDisposed) throw new SwarmError("unavailable", "this manager is stopping: ask another one");
      const place = this.now();
      if (place !== null) return place;
      if (this.#clock.now() >= deadline) throw new NotLeaderError(null);
      await this.changed(deadline - this.#clock.now(), signal);
    }
  }

  /** Resolves when leadership changes, after `timeoutMs` at the latest. @throws the signal's reason. */
  async changed(timeoutMs: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    await new Promise<void>((resolve) => {
      const wake = (): void => {
        this.#waiting.delete(wake);
        timer[Symbol.dispose]();
        signal.removeEventListener("abort", wake);
        resolve();
      };
      const timer = this.#clock.schedule(Math.max(0, timeoutMs), "wait for a leader", wake);
      this.#waiting.add(wake);
      signal.addEventListener("abort", wake, { once: true });
    });
    signal.throwIfAborted();
  }

  /** Ends all waits. */
  [Symbol.dispose](): void {
    this.#isDisposed = true;
    this.#subscriptions.dispose();
    this.#wakeAll();
  }

  #leader(): RaftMember | null {
    const { raftId, leader, members } = this.#raft.status();
    if (leader === null || leader === raftId) return null;
    return members.find((member) => member.raftId === leader) ?? null;
  }

  #wakeAll(): void {
    for (const wake of [...this.#waiting]) wake();
  }
}
