import { type FaultCode, SwarmError } from "../shared/errors.ts";
import { INTERNAL_SENTENCE } from "../shared/rpc/status.ts";
import { type Answer, json } from "./answer.ts";

/** Docker's status of each reason for a refusal. */
const STATUS_OF: { readonly [Code in FaultCode]: number } = {
  invalidArgument: 400,
  unauthenticated: 401,
  permissionDenied: 403,
  notFound: 404,
  alreadyExists: 409,
  failedPrecondition: 409,
  unimplemented: 501,
  cancelled: 503,
  unavailable: 503,
  resourceExhausted: 503,
  deadlineExceeded: 504,
  // Docker answers "update out of sequence" so, and clients look for the sentence.
  aborted: 500,
  internal: 500,
};

/** A refusal whose status is not that of its reason in the table. */
export class StatusError extends Error {
  override readonly name = "StatusError";
  readonly status: number;
  constructor(status: number, message: string, options?: ErrorOptions) {
    super(message, options);
    this.status = status;
  }
}

/** Whether a thrown value is a refusal, which is for the caller, and not a fault, which is for the log. */
export function isRefusal(error: unknown): error is SwarmError | StatusError {
  return error instanceof SwarmError || error instanceof StatusError;
}

/** The HTTP status of a refusal. */
export function statusOf(error: SwarmError | StatusError): number {
  return error instanceof StatusError ? error.status : STATUS_OF[error.code];
}

/** Any thrown value as an answer; only the sentence of a refusal leaves this process. */
export function errorAnswer(error: unknown): Answer {
  return isRefusal(error)
    ? json({ message: error.message }, statusOf(error))
    : json({ message: INTERNAL_SENTENCE }, STATUS_OF.internal);
}

/** The sentence of an error that comes after an answer has begun. */
export function sentenceOf(error: unknown): string {
  return isRefusal(error) ? error.message : INTERNAL_SENTENCE;
}
