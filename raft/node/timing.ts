import { invariant } from "../../shared/invariant.ts";

/** One tick of the Raft clock. Short enough that a lost leader is noticed and replaced within a second or two. */
export const TICK_MS = 50;
/**
 * A heartbeat every 200 ms. They travel by TCP, so a lost packet delays one and takes none away; and with its answer it
 * is most of what a manager at rest computes.
 */
export const HEARTBEAT_TICKS = 4;
/**
 * A follower waits 0.75 s to 1.45 s for a sign of its leader. If it were shorter, a busy machine that keeps a process
 * from running for a few 100 ms would cause an election; if it were longer, tasks would run elsewhere too late after
 * the leader's host loses power.
 */
export const ELECTION_TICKS = 15;
invariant(ELECTION_TICKS > 3 * HEARTBEAT_TICKS, "several heartbeats may be late before anyone campaigns");

/**
 * After a pause of the process only this many of the missed ticks count: the heartbeats that came in since are stepped
 * first, and the leader has time to be heard before it is given up.
 */
export const CATCH_UP_TICKS_MAX = 4;
invariant(CATCH_UP_TICKS_MAX < ELECTION_TICKS - HEARTBEAT_TICKS, "a pause alone never starts an election");

/**
 * Up to here before it would campaign, a follower sleeps if nothing comes; from then on it is woken at every tick. A
 * pause in its sleep leaves it as much time to hear the leader as one that it met awake.
 */
export const PATIENT_TICKS = 8;
invariant(PATIENT_TICKS < ELECTION_TICKS - HEARTBEAT_TICKS, "a heartbeat in time finds a follower asleep");

export const ELECTION_MS = ELECTION_TICKS * TICK_MS;

/**
 * A read whose confirmation may have been lost is asked again after this time; a healthy leader answers within
 * milliseconds.
 */
export const READ_RETRY_MS = 250;
/** Without a leader for this long a read is refused. Two elections fit in. */
export const READ_TIMEOUT_MS = 5_000;
invariant(READ_TIMEOUT_MS >= 2 * 2 * ELECTION_MS, "two elections fit into the wait of a read");

/** A leader that stops waits this long for another to take over: a round trip and a synced write on a busy machine. */
export const HAND_OVER_MS = 1_000;
/** How often it checks whether that has happened; on average half of this is wasted. */
export const HAND_OVER_LOOK_MS = 2;

/**
 * How often a leader checks whether members listen where the log says. Two processes that claim the same id at two
 * addresses cost no more than one entry each time.
 */
export const ADDRESS_LOOK_TICKS = 20;

/** After this much work the rest is left to the next turn, and the process's other callbacks come first. */
export const TURN_MS_MAX = 25;
/** The same for work that no one is waiting for: making and restoring snapshots. */
export const BACKGROUND_SLICE_MS = 5;
