import type { Socket } from "node:net";
import { SwarmError } from "../../errors.ts";
import { jsonObject } from "../../json.ts";
import { DETAIL_METADATA_KEY, decodeDetail } from "../error-detail.ts";
import { type Frame, FrameReader, frame, GREETING, isGreeting, jsonFrame } from "../light/frames.ts";
import { CALL_HEAD_BYTES_MAX, requestBytesMax } from "../limits.ts";
import { toStatus } from "../status.ts";

/** A call that came over the local socket without gRPC (light/frames.ts). */
export interface LocalSessionCall {
  /** `/package.Service/Method`. */
  readonly path: string;
  /** How long the caller will wait, in milliseconds; null = it does not say. */
  readonly timeoutMs: number | null;
  /** Aborts when the caller is gone. */
  readonly gone: AbortSignal;
  /** Sends a message; resolves when the connection takes more. @throws SwarmError cancelled once the caller is gone. */
  readonly send: (message: Buffer) => Promise<void>;
}

/** Carries the call out. A thrown SwarmError is sent unchanged, anything else as an internal error. */
export type AnswerLocally = (call: LocalSessionCall, request: Buffer) => Promise<void>;

/** Tells by a connection's first bytes what its client speaks, and leaves them to be read again. */
export function tellProtocol(socket: Socket, to: { readonly light: () => void; readonly http2: () => void }): void {
  socket.once("readable", () => {
    const bytes = socket.read() as Buffer | null;
    // It has been closed without a word.
    if (bytes === null) return;
    socket.unshift(bytes);
    if (isGreeting(bytes)) to.light();
    else to.http2();
  });
}

/** Serves the one call of a connection whose client has begun with the greeting. Resolves when it is closed. */
export function serveLocally(socket: Socket, answer: AnswerLocally): Promise<void> {
  const gone = new AbortController();
  let path = "";
  let timeoutMs: number | null = null;
  let isAnswering = false;
  const reader = new FrameReader((kind) => (kind === "head" ? CALL_HEAD_BYTES_MAX : requestBytesMax(path)));
  const take = ({ kind, body }: Frame): void => {
    if (kind === "head") {
      const head = jsonObject(body.toString());
      path = String(head?.["path"]);
      timeoutMs = typeof head?.["timeoutMs"] === "number" ? head["timeoutMs"] : null;
    } else if (kind === "message" && !isAnswering) {
      isAnswering = true;
      const send = sendOn(socket, gone.signal);
      // `async` so that what is thrown at once is treated like a rejection.
      const running = (async () => await answer({ path, timeoutMs, gone: gone.signal, send }, body))();
      running.then(
        () => end(socket, null),
        (error: unknown) => end(socket, error),
      );
    }
  };
  socket.on("data", (chunk: Buffer) => {
    try {
      for (const each of reader.read(chunk)) take(each);
    } catch (error) {
      end(socket, new SwarmError("resourceExhausted", `the call cannot be read: ${(error as Error).message}`));
    }
  });
  socket.write(GREETING);
  return new Promise((resolve) => {
    socket.once("close", () => {
      gone.abort();
      resolve();
    });
  });
}

function end(socket: Socket, error: unknown): void {
  if (socket.writableEnded) return;
  if (error === null) {
    socket.end(jsonFrame("end", { code: 0, sentence: "", detail: null }));
    return;
  }
  const { code, details, metadata } = toStatus(error);
  const encoded = metadata.get(DETAIL_METADATA_KEY)[0];
  const detail = encoded === undefined ? null : decodeDetail(encoded.toString());
  socket.end(jsonFrame("end", { code, sentence: details, detail }));
}

function sendOn(socket: Socket, gone: AbortSignal): (message: Buffer) => Promise<void> {
  const left = (): SwarmError => new SwarmError("cancelled", "the caller has gone");
  return async (message) => {
    if (gone.aborted || socket.destroyed) throw left();
    if (socket.write(frame("message", message))) return;
    await new Promise<void>((resolve, reject) => {
      const onDrain = (): void => {
        gone.removeEventListener("abort", onAbort);
        resolve();
      };
      const onAbort = (): void => {
        socket.removeListener("drain", onDrain);
        reject(left());
      };
      socket.once("drain", onDrain);
      gone.addEventListener("abort", onAbort, { once: true });
    });
  };
}
