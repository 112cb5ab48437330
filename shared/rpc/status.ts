import { status as grpcStatus, Metadata } from "@grpc/grpc-js";
import { type FaultCode, SwarmError } from "../errors.ts";
import { DETAIL_METADATA_KEY, decodeDetail, encodeDetail } from "./error-detail.ts";
import { NotLeaderError } from "./not-leader.ts";

/** What a call ends with on the wire. */
export interface WireStatus {
  readonly code: number;
  readonly details: string;
  readonly metadata: Metadata;
}

/** Sent to a peer instead of the sentence of an error that is not a refusal, which might contain paths or secrets. */
export const INTERNAL_SENTENCE = "internal error: the log of the daemon that answered has the details";

const STATUS_OF: { readonly [Code in FaultCode]: grpcStatus } = {
  invalidArgument: grpcStatus.INVALID_ARGUMENT,
  notFound: grpcStatus.NOT_FOUND,
  alreadyExists: grpcStatus.ALREADY_EXISTS,
  failedPrecondition: grpcStatus.FAILED_PRECONDITION,
  permissionDenied: grpcStatus.PERMISSION_DENIED,
  unauthenticated: grpcStatus.UNAUTHENTICATED,
  unavailable: grpcStatus.UNAVAILABLE,
  resourceExhausted: grpcStatus.RESOURCE_EXHAUSTED,
  deadlineExceeded: grpcStatus.DEADLINE_EXCEEDED,
  aborted: grpcStatus.ABORTED,
  unimplemented: grpcStatus.UNIMPLEMENTED,
  cancelled: grpcStatus.CANCELLED,
  internal: grpcStatus.INTERNAL,
};

const FAULT_OF: ReadonlyMap<number, FaultCode> = new Map(
  Object.entries(STATUS_OF).map(([code, status]) => [status, code as FaultCode]),
);

/** Any thrown value as a status. Only the sentence of a SwarmError leaves this process. */
export function toStatus(error: unknown): WireStatus {
  const metadata = new Metadata();
  if (!(error instanceof SwarmError)) return { code: grpcStatus.INTERNAL, details: INTERNAL_SENTENCE, metadata };
  if (error.detail !== null) metadata.set(DETAIL_METADATA_KEY, encodeDetail(error.detail));
  return { code: STATUS_OF[error.code], details: error.message, metadata };
}

/**
 * A status as the error it was made from. A code without a fault of ours (UNKNOWN, DATA_LOSS ...) becomes `internal`.
 */
export function fromStatus(status: {
  readonly code: number;
  readonly details: string;
  readonly metadata?: Metadata;
}): SwarmError {
  const encoded = status.metadata?.get(DETAIL_METADATA_KEY)[0];
  const detail = encoded === undefined ? null : decodeDetail(encoded.toString());
  if (detail?.kind === "notLeader") return new NotLeaderError(detail.leaderAddress, status.details);
  return new SwarmError(FAULT_OF.get(status.code) ?? "internal", status.details, { detail });
}
