import { invariant } from "../../shared/invariant.ts";

/** Most actions in one transaction. A larger entry would hold up heartbeats and everyone's apply loop. */
export const STORE_ACTIONS_MAX = 200;

/** Most bytes of one encoded transaction. Below the size limit of a Raft message, whatever else is in the message. */
export const STORE_BYTES_MAX = 1024 * 1024;

/**
 * From this size on a transaction reports itself full (WriteTx.isFull): to make one, and to apply it, takes the leader
 * some 5 ms each then, so whoever has more to write lets others go between two.
 */
export const STORE_ACTIONS_FULL = 64;
export const STORE_BYTES_FULL = (STORE_BYTES_MAX * 3) / 4;

/**
 * Transactions in flight; more wait for their turn. Far below the number that Raft refuses (raft/node/limits.ts), since
 * a proposal refused in the middle costs all those computed on top of it.
 */
export const STORE_IN_FLIGHT_MAX = 1000;

/** Transactions a batch keeps in flight: enough to hide a round trip, few enough to leave room for others. */
export const BATCH_IN_FLIGHT_MAX = 4;

/**
 * How often a version check waits for writes in flight before it gives up; an object that is still changing then is too
 * busy.
 */
export const SETTLE_ATTEMPTS_MAX = 20;

/**
 * A snapshot is made and read in pieces of about this size: 2 to 3 ms of work each, so that no heartbeat waits long.
 */
export const SNAPSHOT_PIECE_BYTES = 64 * 1024;

invariant(STORE_ACTIONS_FULL < STORE_ACTIONS_MAX, "a full transaction is not yet too large");
