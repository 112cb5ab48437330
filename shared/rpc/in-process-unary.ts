import { SwarmError } from "../errors.ts";
import type { Clock } from "../ports/clock.ts";
import type { CallOptions } from "./call-types.ts";
import { decodeAnswer } from "./light/raw-client.ts";
import { requestBytesMax, UNARY_TIMEOUT_MS } from "./limits.ts";
import type { AnswerLocally } from "./ports/local-session.ts";
import type { AnyMethod } from "./service-types.ts";
import { fromStatus, toStatus } from "./status.ts";

interface UnaryOptions {
  readonly answer: AnswerLocally;
  readonly clock: Clock;
  /** Aborts when the client is closed. */
  readonly closing: AbortSignal;
}

/**
 * A unary method of this very process. One message each way needs none of what holds a stream back, which would be half
 * the cost of most calls; messages are encoded and errors pass through a status all the same.
 */
export function unaryInProcess(
  method: AnyMethod,
  { answer, clock, closing }: UnaryOptions,
): (request: unknown, options?: CallOptions) => Promise<unknown> {
  const { path } = method;
  const encode = method.encodeRequest as (message: unknown) => Buffer;
  const bytesMax = requestBytesMax(path);
  return async (request, { signal, timeoutMs = UNARY_TIMEOUT_MS } = {}) => {
    const bytes = encode(request);
    if (bytes.length > bytesMax) throw tooLarge(bytes.length, bytesMax);
    if (closing.aborted || signal?.aborted === true) throw cancelled(signal?.reason);
    const gone = new AbortController();
    const answered = Promise.withResolvers<Buffer>();
    const giveUp = (error: SwarmError): void => {
      answered.reject(error);
      gone.abort(left());
    };
    const onAbort = (): void => giveUp(cancelled(signal?.reason));
    closing.addEventListener("abort", onAbort, { once: true });
    signal?.addEventListener("abort", onAbort, { once: true });
    using _timer = clock.schedule(timeoutMs, "call in process: deadline", () =>
      giveUp(new SwarmError("deadlineExceeded", `no answer to ${path} in time: the outcome is unknown`)),
    );
    const send = async (message: Buffer): Promise<void> => answered.resolve(message);
    answer({ path, timeoutMs, gone: gone.signal, requests: only(bytes), send }).then(
      () => answered.reject(new SwarmError("internal", `${path} was not answered`)),
      (error: unknown) => answered.reject(fromStatus(toStatus(error))),
    );
    try {
      return decodeAnswer(method, await answered.promise);
    } finally {
      closing.removeEventListener("abort", onAbort);
      signal?.removeEventListener("abort", onAbort);
    }
  };
}

/** One message, and no other. */
function only(bytes: Buffer): AsyncIterable<Buffer> {
  let isTaken = false;
  const next = async (): Promise<IteratorResult<Buffer>> => {
    if (isTaken) return { done: true, value: undefined };
    isTaken = true;
    return { done: false, value: bytes };
  };
  return { [Symbol.asyncIterator]: () => ({ next }) };
}

export function tooLarge(bytes: number, bytesMax: number): SwarmError {
  return new SwarmError("resourceExhausted", `the request has ${bytes} bytes, and may have ${bytesMax}`);
}

export function cancelled(cause: unknown): SwarmError {
  return new SwarmError("cancelled", "the call was cancelled", { cause });
}

/** What the answering side hears. */
export function left(): SwarmError {
  return new SwarmError("cancelled", "the caller has gone");
}
