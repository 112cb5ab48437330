import type { Clock, InstantMs } from "../../shared/ports/clock.ts";
import type { RaftCore } from "../core/raft-core.ts";
import type { RaftId } from "../ids.ts";
import { ELECTION_MS } from "./timing.ts";

/** When each member was last heard from. Every message counts. */
export class Reachability {
  readonly #clock: Clock;
  readonly #self: RaftId;
  readonly #heardAt = new Map<RaftId, InstantMs>();

  constructor(clock: Clock, self: RaftId) {
    this.#clock = clock;
    this.#self = self;
  }

  heardFrom(id: RaftId): void {
    this.#heardAt.set(id, this.#clock.now());
  }

  /** Its connection was closed: not reachable until it is heard from again. */
  lost(id: RaftId): void {
    this.#heardAt.delete(id);
  }

  /** Heard from within the last election timeout; this node itself always is. */
  reachable(): ReadonlySet<RaftId> {
    const now = this.#clock.now();
    const alive = [...this.#heardAt].filter(([, at]) => now - at < ELECTION_MS).map(([id]) => id);
    return new Set([this.#self, ...alive]);
  }

  /**
   * The voter that could best take over at once: reachable, and with most of the log. null = none, or we do not lead.
   */
  bestSuccessor(core: RaftCore): RaftId | null {
    const reachable = this.reachable();
    const candidates = [...core.progress].filter(
      ([id]) => id !== this.#self && reachable.has(id) && core.configuration.voters.incoming.has(id),
    );
    candidates.sort(([idA, a], [idB, b]) => b.match - a.match || idA - idB);
    return candidates[0]?.[0] ?? null;
  }
}
