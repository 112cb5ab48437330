import { connect } from "node:net";
import { messageOf, SwarmError } from "../../errors.ts";
import { jsonObject } from "../../json.ts";
import type { Clock } from "../../ports/clock.ts";
import { ConnectionError, connectError, connectTimeout } from "../connect-error.ts";
import { decodeDetail } from "../error-detail.ts";
import { FrameReader, frame, GREETING, isGreeting, jsonFrame } from "../light/frames.ts";
import { MESSAGE_BYTES_MAX } from "../limits.ts";
import { arrivedError } from "../status-codes.ts";

const MS_PER_S = 1_000;

export interface LocalCall {
  readonly socketPath: string;
  /** `/package.Service/Method`. */
  readonly path: string;
  readonly request: Buffer;
  /** null = no deadline. */
  readonly timeoutMs: number | null;
  readonly signal: AbortSignal | undefined;
  readonly clock: Clock;
  /** How long to wait for the greeting. */
  readonly connectTimeoutMs: number;
}

/**
 * Makes a call on a connection of its own and hands out the answer's messages. Leaving the loop early gives it up. The
 * request is sent once the daemon has greeted, so that before that nothing can have been carried out.
 * @throws SwarmError as the daemon sent it; ConnectionError, cancelled or deadlineExceeded as gRPC's client would.
 */
export async function* callLocally(call: LocalCall): AsyncGenerator<Buffer> {
  const { signal, clock, timeoutMs, connectTimeoutMs } = call;
  const address = `unix:${call.socketPath}`;
  const cancelled = (): SwarmError => new SwarmError("cancelled", "the call was cancelled", { cause: signal?.reason });
  if (signal?.aborted === true) throw cancelled();
  const socket = connect({ path: call.socketPath });
  const giveUp = (error: SwarmError): void => void socket.destroy(error);
  const onAbort = (): void => giveUp(cancelled());
  signal?.addEventListener("abort", onAbort, { once: true });
  let timer = clock.schedule(connectTimeoutMs, "local call: greeting", () =>
    giveUp(connectTimeout(address, connectTimeoutMs / MS_PER_S)),
  );
  const reader = new FrameReader(() => MESSAGE_BYTES_MAX);
  const lost = (cause?: Error): SwarmError => {
    if (!reader.greeted) return connectError(address, cause === undefined ? "Socket closed" : messageOf(cause), cause);
    return new ConnectionError(true, `the connection to ${address} was lost`, { cause });
  };
  let isSent = false;
  try {
    socket.write(GREETING);
    for await (const chunk of socket) {
      const bytes = chunk as Buffer;
      if (!reader.greeted && !isGreeting(bytes)) throw earlierRelease(address);
      for (const { kind, body } of reader.read(bytes)) {
        if (kind === "message") yield body;
        else if (kind === "end") return endOf(body);
      }
      if (!reader.greeted || isSent) continue;
      isSent = true;
      timer[Symbol.dispose]();
      if (timeoutMs !== null) timer = clock.schedule(timeoutMs, "local call: deadline", () => giveUp(tooLate(address)));
      socket.write(Buffer.concat([jsonFrame("head", { path: call.path, timeoutMs }), frame("message", call.request)]));
    }
  } catch (error) {
    throw error instanceof SwarmError ? error : lost(error as Error);
  } finally {
    timer[Symbol.dispose]();
    signal?.removeEventListener("abort", onAbort);
    // Its error, if any, has been thrown or is of no interest any more.
    socket.on("error", () => {});
    socket.destroy();
  }
  throw lost();
}

/** @throws SwarmError unless the call went well. */
function endOf(body: Buffer): void {
  const { code, sentence, detail } = jsonObject(body.toString()) ?? {};
  if (code === 0) return;
  throw arrivedError(Number(code), String(sentence), detail === null ? null : decodeDetail(JSON.stringify(detail)));
}

function tooLate(address: string): SwarmError {
  return new SwarmError("deadlineExceeded", `no answer from ${address} in time: the outcome is unknown`);
}

function earlierRelease(address: string): ConnectionError {
  const reason = "it is of an earlier release than this program: restart it";
  return new ConnectionError(false, `cannot connect to ${address}: ${reason}`, { fault: "other", reason });
}
