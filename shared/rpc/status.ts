import { status as grpcStatus, Metadata } from "@grpc/grpc-js";
import { refusalByDisk } from "../disk-fault.ts";
import { SwarmError } from "../errors.ts";
import { DETAIL_METADATA_KEY, decodeDetail, encodeDetail } from "./error-detail.ts";
import { arrivedError, STATUS_OF } from "./status-codes.ts";

/** What a call ends with on the wire. */
export interface WireStatus {
  readonly code: number;
  readonly details: string;
  readonly metadata: Metadata;
}

/** Sent to a peer instead of the sentence of an error that is not a refusal, which might contain paths or secrets. */
export const INTERNAL_SENTENCE = "internal error: the log of the daemon that answered has the details";

/** Any thrown value as a status. Only the sentence of a SwarmError leaves this process, and that of a full disk. */
export function toStatus(error: unknown): WireStatus {
  const metadata = new Metadata();
  const refusal = error instanceof SwarmError ? error : refusalByDisk(error);
  if (refusal === null) return { code: grpcStatus.INTERNAL, details: INTERNAL_SENTENCE, metadata };
  if (refusal.detail !== null) metadata.set(DETAIL_METADATA_KEY, encodeDetail(refusal.detail));
  return { code: STATUS_OF[refusal.code], details: refusal.message, metadata };
}

/** A status as the error it was made from. */
export function fromStatus(status: {
  readonly code: number;
  readonly details: string;
  readonly metadata?: Metadata;
}): SwarmError {
  const encoded = status.metadata?.get(DETAIL_METADATA_KEY)[0];
  const detail = encoded === undefined ? null : decodeDetail(encoded.toString());
  return arrivedError(status.code, status.details, detail);
}
