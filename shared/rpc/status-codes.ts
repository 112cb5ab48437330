import { type ErrorDetail, type FaultCode, SwarmError } from "../errors.ts";
import { NotLeaderError } from "./not-leader.ts";

/** gRPC's number of each reason for a refusal. Numbers, so that a program can name them without loading gRPC. */
export const STATUS_OF: { readonly [Code in FaultCode]: number } = {
  cancelled: 1,
  invalidArgument: 3,
  deadlineExceeded: 4,
  notFound: 5,
  alreadyExists: 6,
  permissionDenied: 7,
  resourceExhausted: 8,
  failedPrecondition: 9,
  aborted: 10,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
  unauthenticated: 16,
};

const FAULT_OF: ReadonlyMap<number, FaultCode> = new Map(
  Object.entries(STATUS_OF).map(([code, status]) => [status, code as FaultCode]),
);

/**
 * The error that a status was made from. A code without a fault of ours (UNKNOWN, DATA_LOSS ...) becomes `internal`.
 */
export function arrivedError(code: number, sentence: string, detail: ErrorDetail | null): SwarmError {
  if (detail?.kind === "notLeader") return new NotLeaderError(detail.leaderAddress, sentence);
  return new SwarmError(FAULT_OF.get(code) ?? "internal", sentence, { detail });
}
