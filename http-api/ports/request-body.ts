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
  for (;;) {
    const piece = request.read() as Buffer | null;
    if (piece !== null) yield piece;
    // Whoever has read all of a body that has come whole need not wait to be told that this was its end.
    else if (request.readableEnded || (request.complete && request.readableLength === 0)) return;
    else if (request.destroyed) throw gone();
    else await change(request);
  }
}

/** Resolves when there may be more to read, or nothing any more. @throws StatusError when the caller is silent. */
async function change(request: IncomingMessage): Promise<void> {
  const changed = Promise.withResolvers<void>();
  using _timer = systemClock.schedule(BODY_SILENCE_MS_MAX, "http api: silence in a body", () =>
    changed.reject(new StatusError(408, `nothing of the body came for ${BODY_SILENCE_MS_MAX / 1_000} s`)),
  );
  for (const event of CHANGES) request.once(event, changed.resolve);
  try {
    await changed.promise;
  } finally {
    for (const event of CHANGES) request.off(event, changed.resolve);
  }
}

/** After an error a request is destroyed, which says enough. */
const CHANGES = ["readable", "end", "close", "error"] as const;

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
