import type { Logger } from "../../shared/log.ts";
import type { Clock } from "../../shared/ports/clock.ts";
import type { Random } from "../../shared/ports/random.ts";
import type { Store } from "../store/store-types.ts";

/** What the dispatcher stands on. */
export interface DispatcherOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** HOST:PORT of the leader as this manager knows it; null = none known. */
  readonly leaderAddress: () => string | null;
  /** HOST:PORT of every member of the Raft group. */
  readonly memberAddresses: () => readonly string[];
}
