import { SwarmError } from "../errors.ts";
import type { Clock } from "../ports/clock.ts";
import { TimeSlices } from "../time-slices.ts";
import type { CallOptions } from "./call-types.ts";
import { EncodedMessage } from "./encoded-message.ts";
import { asReceived, longLists } from "./light/as-received.ts";
import type { MessageType } from "./light/message-types.ts";
import { messagesOf } from "./light/services.ts";
import type { InProcessDoor } from "./light-door.ts";
import { UNARY_TIMEOUT_MS } from "./limits.ts";
import type { AnyMethod } from "./service-types.ts";
import { fromStatus, toStatus } from "./status.ts";

/** In milliseconds, as for loops of the leader. */
const SLICE_MS = 5;

interface UnaryOptions {
  readonly door: InProcessDoor;
  readonly clock: Clock;
  /** Aborts when the client is closed. */
  readonly closing: AbortSignal;
}

/**
 * A unary method of this very process. One message each way needs neither bytes nor what holds a stream back, which
 * would be half the cost of most calls; its errors pass through a status all the same.
 */
export function unaryInProcess(
  { path, decodeResponse }: AnyMethod,
  { door, clock, closing }: UnaryOptions,
): (request: unknown, options?: CallOptions) => Promise<unknown> {
  let messages: ReturnType<typeof messagesOf> | null = null;
  return async (given, { signal, timeoutMs = UNARY_TIMEOUT_MS } = {}) => {
    messages ??= messagesOf(path);
    const request = asReceived(messages.request, given as object);
    if (closing.aborted || signal?.aborted === true) throw cancelled(signal?.reason);
    const gone = new AbortController();
    const answered = Promise.withResolvers<unknown>();
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
    door
      .answerOne({ path, timeoutMs, gone: gone.signal, request })
      .then(answered.resolve, (error: unknown) => answered.reject(fromStatus(toStatus(error))));
    try {
      const answer = (await answered.promise) as object;
      if (answer instanceof EncodedMessage) return decodeResponse(answer.bytes);
      for (const { type, items } of longLists(messages.response, answer)) await takeIn(type, items, clock);
      return asReceived(messages.response, answer);
    } finally {
      closing.removeEventListener("abort", onAbort);
      signal?.removeEventListener("abort", onAbort);
    }
  };
}

/** Looks at each object, a slice of time after another: half a second of work for tens of thousands. */
async function takeIn(type: MessageType, items: readonly object[], clock: Clock): Promise<void> {
  const slices = new TimeSlices({ clock, sliceMs: SLICE_MS, label: "call in process: a long list" });
  for (const item of items) {
    if (slices.isUsedUp) await slices.rest();
    asReceived(type, item);
  }
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
