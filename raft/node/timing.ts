import { invariant } from "../../shared/invariant.ts";

/** One tick of the Raft clock. Short enough that a lost leader is noticed and replaced within a second or two. */
export const TICK_MS = 50;
/** A heartbeat every 100 ms. */
export const HEARTBEAT_TICKS = 2;
/** A follower waits 1 s to 2 s for a sign of its leader; a busy machine may keep a process from running for a few 100 ms. */
export const ELECTION_TICKS = 20;
invariant(ELECTION_TICKS >= 5 * HEARTBEAT_TICKS, "several heartbeats may be lost before anyone campaigns");

/**
 * After a pause of the process only this many of the missed ticks count: the heartbeats that came in meanwhile are
 * stepped first, and the leader gets time to be heard before it is given up.
 */
export const CATCH_UP_TICKS_MAX = 4;
invariant(CATCH_UP_TICKS_MAX < ELECTION_TICKS - HEARTBEAT_TICKS, "a pause alone never starts an election");

export const ELECTION_MS = ELECTION_TICKS * TICK_MS;

/** A read whose confirmation may have been lost is asked again; a leader in good health answers within milliseconds. */
export const READ_RETRY_MS = 250;
/** Without a leader for this long a read is refused. Two elections fit in. */
export const READ_TIMEOUT_MS = 5_000;
invariant(READ_TIMEOUT_MS >= 2 * 2 * ELECTION_MS, "two elections fit into the wait of a read");

/** A leader that stops waits this long for another to take over. */
export const HAND_OVER_MS = ELECTION_MS;

/** After this much work in one go, other callbacks of the process get a turn. */
export const YIELD_AFTER_MS = 25;
/** The same for work that nobody waits for: making and restoring snapshots. */
export const BACKGROUND_SLICE_MS = 5;
