import type { Socket } from "node:net";
import { SwarmError } from "../../errors.ts";
import { jsonObject } from "../../json.ts";
import type { Clock } from "../../ports/clock.ts";
import { DETAIL_METADATA_KEY, decodeDetail } from "../error-detail.ts";
import { type Frame, FrameReader, frame, GREETING, isGreeting, jsonFrame } from "../light/frames.ts";
import { MessageInbox } from "../light/inbox.ts";
import { CALL_HEAD_BYTES_MAX, requestBytesMax } from "../limits.ts";
import { toStatus } from "../status.ts";

/** How often a caller that is held back is tried: nothing is read from it then, so its end is not noticed. */
export const HELD_CALLER_TRY_MS = 1_000;

/** A call that came over the local socket without gRPC (light/frames.ts). */
export interface LocalSessionCall {
  /** `/package.Service/Method`. */
  readonly path: string;
  /** How long the caller will wait, in milliseconds; null = it does not say. */
  readonly timeoutMs: number | null;
  /** Aborts when the caller is gone. */
  readonly gone: AbortSignal;
  /** What the caller sends, held back while it is not taken. @throws SwarmError cancelled once the caller is gone. */
  readonly requests: AsyncIterable<Buffer>;
  /** Sends a message; resolves when the connection takes more. @throws SwarmError cancelled once the caller is gone. */
  readonly send: (message: Buffer) => Promise<void>;
}

/** Carries the call out. A thrown SwarmError is sent unchanged, anything else as an internal error. */
export type AnswerLocally = (call: LocalSessionCall) => Promise<void>;

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
export function serveLocally(socket: Socket, answer: AnswerLocally, clock: Clock): Promise<void> {
  const gone = new AbortController();
  let path = "";
  let isAnswering = false;
  const holding = new Holding(socket, clock);
  const inbox = new MessageInbox((isFull) => holding.hold(isFull));
  const reader = new FrameReader((kind) => (kind === "head" ? CALL_HEAD_BYTES_MAX : requestBytesMax(path)));
  const over = (error: unknown): void => {
    inbox.close();
    end(socket, error);
  };
  const begin = (body: Buffer): void => {
    isAnswering = true;
    const head = jsonObject(body.toString());
    path = String(head?.["path"]);
    const timeoutMs = typeof head?.["timeoutMs"] === "number" ? head["timeoutMs"] : null;
    const send = sendOn(socket, gone.signal);
    // `async` so that what is thrown at once is treated like a rejection.
    const running = (async () => await answer({ path, timeoutMs, gone: gone.signal, requests: inbox, send }))();
    running.then(() => over(null), over);
  };
  const take = ({ kind, body }: Frame): void => {
    if (kind === "head" && !isAnswering) begin(body);
    else if (kind === "message") inbox.push(body);
    else if (kind === "halfClose") inbox.end(null);
  };
  socket.on("data", (chunk: Buffer) => {
    try {
      for (const each of reader.read(chunk)) take(each);
    } catch (error) {
      over(new SwarmError("resourceExhausted", `the call cannot be read: ${(error as Error).message}`));
    }
  });
  socket.write(GREETING);
  return new Promise((resolve) => {
    socket.once("close", () => {
      holding.hold(false);
      inbox.close(left());
      gone.abort();
      resolve();
    });
  });
}

/** Holds a caller back by not reading from it, and tries meanwhile whether it is still there. */
class Holding {
  readonly #socket: Socket;
  readonly #clock: Clock;
  #timer: Disposable | null = null;

  constructor(socket: Socket, clock: Clock) {
    this.#socket = socket;
    this.#clock = clock;
  }

  hold(isHeld: boolean): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = null;
    if (isHeld) {
      this.#socket.pause();
      this.#tryLater();
    } else this.#socket.resume();
  }

  #tryLater(): void {
    this.#timer = this.#clock.schedule(HELD_CALLER_TRY_MS, "local session: held caller", () => {
      // Where answers wait as well, writing them shows the end.
      if (this.#socket.writableLength === 0) this.#socket.write(frame("alive", Buffer.alloc(0)));
      this.#tryLater();
    });
  }
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

function left(): SwarmError {
  return new SwarmError("cancelled", "the caller has gone");
}

function sendOn(socket: Socket, gone: AbortSignal): (message: Buffer) => Promise<void> {
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
