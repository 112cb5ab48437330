import { SwarmError } from "../../shared/errors.ts";
import { type Clock, sleep } from "../../shared/ports/clock.ts";
import type { Input } from "../core/input.ts";
import type { RaftCore } from "../core/raft-core.ts";
import type { RaftId } from "../ids.ts";
import type { Reachability } from "./reachability.ts";
import { HAND_OVER_LOOK_MS, HAND_OVER_MS } from "./timing.ts";

export interface HandOverHost {
  readonly core: RaftCore;
  readonly clock: Clock;
  readonly reachability: Reachability;
  step(input: Input): void;
  isOver(): boolean;
}

/** Gives leadership to another voter without anyone waiting for a timeout: on request, and before this node stops. */
export class HandOver {
  readonly #host: HandOverHost;

  constructor(host: HandOverHost) {
    this.#host = host;
  }

  /** @throws SwarmError unavailable when this node does not lead, failedPrecondition, deadlineExceeded. */
  async to(id: RaftId): Promise<void> {
    const { core } = this.#host;
    if (core.role !== "leader") throw new SwarmError("unavailable", "this manager does not lead the swarm");
    if (id === core.id) return;
    if (!core.configuration.voters.incoming.has(id)) {
      throw new SwarmError("failedPrecondition", `member ${id} has no vote and cannot lead`);
    }
    if (await this.#try(id)) return;
    throw new SwarmError("deadlineExceeded", `member ${id} did not take over leadership in time`);
  }

  /** Hands over to a voter that could take over at once; does nothing if there is none, or this node does not lead. */
  async toAny(): Promise<void> {
    const { core, reachability } = this.#host;
    const id = reachability.bestSuccessor(core);
    if (id !== null) await this.#try(id);
  }

  /** Returns whether this node stopped leading in time. */
  async #try(to: RaftId): Promise<boolean> {
    const { core, clock, isOver } = this.#host;
    this.#host.step({ kind: "transferLeadership", to });
    const until = clock.now() + HAND_OVER_MS;
    while (core.role === "leader" && !isOver()) {
      if (clock.now() >= until) return false;
      await sleep(clock, HAND_OVER_LOOK_MS, "raft hand-over");
    }
    return true;
  }
}
