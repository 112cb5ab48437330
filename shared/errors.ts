import { unreachable } from "./invariant.ts";

/**
 * Why a request was refused. A closed set; each has one gRPC status (shared/rpc/status.ts) and, in swarmctl, exit code
 * 1. A bug is not one of these: it is an InvariantError and ends the process.
 */
export type FaultCode =
  | "invalidArgument" // the request itself is wrong; the same request will never work
  | "notFound"
  | "alreadyExists"
  | "failedPrecondition" // the request is fine but the cluster's state forbids it now
  | "permissionDenied" // the caller is known and may not
  | "unauthenticated" // the caller's token or certificate is not accepted
  | "unavailable" // no leader, no connection, shutting down: try again later
  | "resourceExhausted" // a named limit was reached
  | "deadlineExceeded" // the outcome may be unknown
  | "aborted" // lost a race (stale version): read again and retry
  | "unimplemented"
  | "cancelled"
  | "internal";

/**
 * What a program must know about a refusal besides its code. It travels with the error (shared/rpc/error-detail.ts), so
 * that no program has to parse the sentence, which is for people and may change.
 */
export type ErrorDetail =
  /** HOST:PORT of the manager to ask instead; null = none is elected at the moment. */
  | { readonly kind: "notLeader"; readonly leaderAddress: string | null }
  /** The caller's node object is gone: it is no longer part of the swarm. */
  | { readonly kind: "nodeRemoved"; readonly nodeId: string }
  /** A registry did not answer: the image is to blame, and not the cluster. */
  | { readonly kind: "imageNotLookedUp"; readonly image: string; readonly reason: string };

/** A refusal with one clear sentence: what, where, what to do. It is never logged as an error of our own. */
export class SwarmError extends Error {
  override readonly name = "SwarmError";
  readonly code: FaultCode;
  readonly detail: ErrorDetail | null;
  constructor(code: FaultCode, message: string, options: ErrorOptions & { readonly detail?: ErrorDetail | null } = {}) {
    super(message, options);
    this.code = code;
    this.detail = options.detail ?? null;
  }
}

/** Whether the same request may succeed later without anyone changing it. */
export function isRetryable(error: unknown): boolean {
  if (!(error instanceof SwarmError)) return false;
  switch (error.code) {
    case "unavailable":
    case "deadlineExceeded":
    case "aborted":
      return true;
    case "invalidArgument":
    case "notFound":
    case "alreadyExists":
    case "failedPrecondition":
    case "permissionDenied":
    case "unauthenticated":
    case "resourceExhausted":
    case "unimplemented":
    case "cancelled":
    case "internal":
      return false;
    default:
      return unreachable(error.code);
  }
}

/** The sentence of an unknown thrown value, for logs and status messages. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
