import { invariant } from "../../shared/invariant.ts";
import { MESSAGE_BYTES_MAX as RPC_MESSAGE_BYTES_MAX } from "../../shared/rpc/limits.ts";
import { INFLIGHT_BYTES_MAX, INFLIGHT_COUNT_MAX, MESSAGE_BYTES_MAX, PROPOSAL_BYTES_MAX } from "../node/limits.ts";

/**
 * Messages and bytes waiting for one peer. A whole window of appends fits; anything beyond that is dropped and
 * reported.
 */
export const QUEUE_MESSAGES_MAX = 4 * INFLIGHT_COUNT_MAX;
export const QUEUE_BYTES_MAX = 2 * INFLIGHT_BYTES_MAX;

/** Messages are collected into one frame up to about this size; a frame never waits to become full. */
export const FRAME_BYTES_MAX = 2 * 1024 * 1024;
invariant(
  FRAME_BYTES_MAX + Math.max(MESSAGE_BYTES_MAX, PROPOSAL_BYTES_MAX) < RPC_MESSAGE_BYTES_MAX / 2,
  "a frame that is full but for one byte still takes the largest message",
);

/** How long news of a commit waits for an append to ride with: reads on followers ask for it anyway. */
export const LAZY_MS = 10;

/** Snapshots travel in pieces of this size. */
export const CHUNK_BYTES = 1024 * 1024;
/** A snapshot larger than this is refused: it would not fit in memory beside the state it replaces. */
export const SNAPSHOT_BYTES_MAX = 512 * 1024 * 1024;
/** From the first chunk to the confirmation. At 10 MB/s the largest snapshot takes a minute. */
export const SNAPSHOT_TIMEOUT_MS = 120_000;
/** Time for the answer that says how much of it is already there. */
export const ASK_TIMEOUT_MS = 5_000;
/**
 * How long a partial snapshot is kept for the rest: several tries of a sender that was cut off for a moment.
 */
export const SNAPSHOT_KEPT_MS = 60_000;

/**
 * Retries after a lost connection: at once the first time, then less often, so that a dead peer costs next to nothing.
 */
export const RECONNECT_BACKOFF = { baseMs: 50, maxMs: 1_000 } as const;

/** How long the leader tries to reach a manager that wants to join. */
export const DIAL_BACK_MS = 5_000;

/** How long a removed member has to read that it was removed before the stream to it is closed. */
export const FAREWELL_MS = 1_000;
