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

/** A refusal with one clear sentence: what, where, what to do. Never logged as an error of ours. */
export class SwarmError extends Error {
  override readonly name = "SwarmError";
  readonly code: FaultCode;
  constructor(code: FaultCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
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
