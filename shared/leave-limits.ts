/**
 * How long a host that leaves waits for its containers, in milliseconds. Whatever they do, the host leaves: what stays
 * is named, and swept in the next swarm that it joins.
 */

/** A longer grace period is cut short: whoever typed `leave` waits for it. */
export const LEAVE_GRACE_MS_MAX = 10 * 60_000;
/** After the longest grace period: SIGKILL, its effect, and the removal of networks and files. */
export const LEAVE_KILL_MS_MAX = 30_000;
/** For a last try by force at what is still there then. */
export const LEAVE_FORCE_MS_MAX = 15_000;
/** What else leaving does: a manager's step down, a word to the leader, the host's network. */
const LEAVE_REST_MS_MAX = 60_000;

/** The longest that leaving can take altogether; whoever asks for it waits this long. */
export const LEAVE_MS_MAX = LEAVE_GRACE_MS_MAX + LEAVE_KILL_MS_MAX + 2 * LEAVE_FORCE_MS_MAX + LEAVE_REST_MS_MAX;
