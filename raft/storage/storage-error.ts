import { type FaultCode, SwarmError } from "../../shared/errors.ts";

/** Why a Raft log cannot be used, or no longer. */
export type StorageFault =
  /** What a member promised is missing, or was altered. */
  | "corrupt"
  /** It is encrypted with a key that is not in the key store. */
  | "wrongKey"
  /** It belongs to another cluster or member, or to a later version of swarmd. */
  | "foreign"
  /** Another process holds it. */
  | "inUse"
  /** A write failed: what is on disk is unknown until it is read again by a new process. */
  | "disk";

const CODES: Readonly<Record<StorageFault, FaultCode>> = {
  corrupt: "internal",
  wrongKey: "failedPrecondition",
  foreign: "failedPrecondition",
  inUse: "failedPrecondition",
  disk: "internal",
};

/**
 * A Raft log that cannot be used, with one sentence that says where and what to do. Never temporary: the process should
 * end.
 */
export class RaftStorageError extends SwarmError {
  readonly fault: StorageFault;

  constructor(fault: StorageFault, message: string, options?: ErrorOptions) {
    super(CODES[fault], message, options);
    this.fault = fault;
  }
}

/** The sentence for everything that only a fresh copy from the other managers can fix. */
export function damaged(directory: string, why: string, cause?: unknown): RaftStorageError {
  return new RaftStorageError(
    "corrupt",
    `the Raft log in ${directory} is damaged (${why}): move that directory away and start swarmd again, it will then fetch everything from the other managers`,
    { cause },
  );
}
