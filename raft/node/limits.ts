import { invariant } from "../../shared/invariant.ts";

/** One proposal, in bytes. An entry travels in one message and is written in one batch; 1.5 MiB is what etcd allows. */
export const PROPOSAL_BYTES_MAX = 1.5 * 1024 * 1024;
/** Proposals waiting in this process; more are refused rather than queued without limit. */
export const PROPOSALS_PENDING_MAX = 20_000;
/** Proposals of one turn are appended in lists of about this size. */
export const PROPOSE_BATCH_BYTES = 1024 * 1024;

/** Entries in one append message, in bytes: large enough to fill a network, small enough not to hold up heartbeats. */
export const MESSAGE_BYTES_MAX = 512 * 1024;
/** Payload proposed and not yet applied on the leader, in bytes. It grows when followers are gone. */
export const UNCOMMITTED_BYTES_MAX = 64 * 1024 * 1024;
/**
 * Committed entries handed out for applying at once, in bytes: some thousand small changes, which take about 10 ms.
 * Heartbeats and votes get their turn between two lists.
 */
export const APPLYING_BYTES_MAX = 512 * 1024;
/** Entries that accumulated during a write and go into the next one, in bytes; sealing this many takes about 5 ms. */
export const WRITE_BYTES_MAX = 4 * 1024 * 1024;
/** Appends in flight to one peer. */
export const INFLIGHT_COUNT_MAX = 256;
export const INFLIGHT_BYTES_MAX = 16 * 1024 * 1024;
invariant(INFLIGHT_BYTES_MAX >= MESSAGE_BYTES_MAX, "the window holds at least one message");
invariant(UNCOMMITTED_BYTES_MAX >= PROPOSAL_BYTES_MAX, "the largest proposal can be admitted");

/** Messages waiting to be stepped; beyond this, senders are held back. */
export const INBOX_MESSAGES_MAX = 4_096;

/** Applied entries between two snapshots, unless settings say otherwise: replaying them takes well under a second. */
export const SNAPSHOT_INTERVAL = 10_000;
/** Entries kept behind a snapshot, unless settings say otherwise: enough for a follower that was away for a moment. */
export const LOG_ENTRIES_FOR_SLOW_FOLLOWERS = 500;

/** A learner this close to the leader's end of the log becomes a voter: it will not hold up commits. */
export const PROMOTE_LAG_ENTRIES = 100;
