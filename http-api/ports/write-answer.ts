import type { ServerResponse } from "node:http";
import type { Writable } from "node:stream";
import type { Logger } from "../../shared/log.ts";
import { systemClock } from "../../shared/ports/system-clock.ts";
import type { Answer } from "../answer.ts";
import { gone, noteFault } from "../dispatch.ts";
import { errorAnswer, isRefusal } from "../errors.ts";
import { UNREAD_MS_MAX } from "../limits.ts";

type Written = Exclude<Answer, { readonly kind: "hijack" }>;
type Streamed = Extract<Answer, { readonly kind: "stream" }>;

interface Way {
  readonly signal: AbortSignal;
  readonly log: Logger;
}

/** Resolves when all of the answer has been handed over, or the caller is gone. */
export async function writeAnswer(response: ServerResponse, answer: Written, way: Way): Promise<void> {
  if (answer.kind === "stream") await writeStream(response, answer, way);
  else writeWhole(response, answer);
}

function writeWhole(response: ServerResponse, answer: Extract<Answer, { readonly kind: "whole" }>): void {
  const { status, headers, body } = answer;
  const length = body.length === 0 && (status === 204 || status === 304) ? {} : { "Content-Length": body.length };
  response.writeHead(status, { ...length, ...headers });
  response.end(body);
}

async function writeStream(response: ServerResponse, answer: Streamed, way: Way): Promise<void> {
  const { status, headers, headersAtOnce, pieces, lastWords } = answer;
  const begin = (): void => {
    if (response.headersSent) return;
    response.writeHead(status, headers);
    response.flushHeaders();
  };
  if (headersAtOnce) begin();
  try {
    for await (const piece of pieces) {
      begin();
      await writeTo(response, piece, way.signal);
      if (way.signal.aborted) return;
    }
    begin();
    response.end();
  } catch (error) {
    if (way.signal.aborted) return;
    if (!isRefusal(error)) noteFault(way.log, `${response.req.method} ${response.req.url}`, error);
    if (!response.headersSent) {
      const refusal = errorAnswer(error);
      if (refusal.kind === "whole") writeWhole(response, { ...refusal, headers: { ...headers, ...refusal.headers } });
    } else if (lastWords !== null) response.end(lastWords(error));
    // Without an end, the caller knows that something is missing.
    else response.destroy();
  }
}

/** Resolves when the connection takes more. @throws SwarmError cancelled when it does not for too long, or is gone. */
export async function writeTo(to: Writable, bytes: Uint8Array, signal: AbortSignal): Promise<void> {
  if (signal.aborted || to.destroyed) throw gone();
  if (to.write(bytes)) return;
  const drained = Promise.withResolvers<void>();
  using _timer = systemClock.schedule(UNREAD_MS_MAX, "http api: an answer that nobody reads", () => to.destroy());
  const onGone = (): void => drained.reject(gone());
  to.once("drain", drained.resolve);
  to.once("close", onGone);
  signal.addEventListener("abort", onGone, { once: true });
  try {
    await drained.promise;
  } finally {
    to.off("drain", drained.resolve);
    to.off("close", onGone);
    signal.removeEventListener("abort", onGone);
  }
}
