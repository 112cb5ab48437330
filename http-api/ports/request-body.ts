import type { IncomingMessage } from "node:http";
import { systemClock } from "../../shared/ports/system-clock.ts";
import { gone } from "../dispatch.ts";
import { StatusError } from "../errors.ts";
import { BODY_REST_MS_MAX, BODY_SILENCE_MS_MAX } from "../limits.ts";

/** The pieces of a request's body. Leaving the loop early leaves the rest for `dropRest`. */
export function piecesOf(request: IncomingMessage): AsyncIterable<Buffer> {
  return { [Symbol.asyncIterator]: () => read(request) };
}

async function* read(request: IncomingMessage): AsyncGenerator<Buffer> {
  const iterator = request.iterator({ destroyOnReturn: false });
  try {
    for (;;) {
      const { done, value } = await withinSilence(iterator.next());
      if (done === true) return;
      yield value as Buffer;
    }
  } catch (error) {
    if (error instanceof StatusError) throw error;
    throw gone();
  }
}

async function withinSilence<Value>(next: Promise<Value>): Promise<Value> {
  const silent = Promise.withResolvers<never>();
  silent.promise.catch(() => {});
  // The request is destroyed after the answer, and the reading that still waits with it.
  next.catch(() => {});
  using _timer = systemClock.schedule(BODY_SILENCE_MS_MAX, "http api: silence in a body", () =>
    silent.reject(new StatusError(408, `nothing of the body came for ${BODY_SILENCE_MS_MAX / 1_000} s`)),
  );
  return await Promise.race([next, silent.promise]);
}

/**
 * Reads what is left of a body for a while, after the answer: closing a connection with unread bytes would take the
 * answer away from its reader. Then cuts it.
 */
export async function dropRest(request: IncomingMessage): Promise<void> {
  if (request.complete || request.destroyed) return;
  const over = Promise.withResolvers<void>();
  request.once("end", over.resolve);
  request.once("close", over.resolve);
  request.once("error", over.resolve);
  using _timer = systemClock.schedule(BODY_REST_MS_MAX, "http api: rest of a body", () => over.resolve());
  request.resume();
  await over.promise;
  if (!request.complete) request.socket.destroy();
}
