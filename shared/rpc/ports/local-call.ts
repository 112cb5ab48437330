import { connect, type Socket } from "node:net";
import { messageOf, SwarmError } from "../../errors.ts";
import { jsonObject } from "../../json.ts";
import type { Clock } from "../../ports/clock.ts";
import { ConnectionError, connectError, connectTimeout } from "../connect-error.ts";
import { decodeDetail } from "../error-detail.ts";
import { FrameReader, frame, GREETING, isGreeting, jsonFrame } from "../light/frames.ts";
import { MessageInbox } from "../light/inbox.ts";
import type { RawCall } from "../light/raw-client.ts";
import { MESSAGE_BYTES_MAX } from "../limits.ts";
import { arrivedError } from "../status-codes.ts";

const MS_PER_S = 1_000;

export interface LocalCallOptions {
  readonly socketPath: string;
  /** `/package.Service/Method`. */
  readonly path: string;
  /** null = no deadline. */
  readonly timeoutMs: number | null;
  readonly signal: AbortSignal | undefined;
  readonly clock: Clock;
  /** How long to wait for the greeting. */
  readonly connectTimeoutMs: number;
}

/**
 * Makes a call on a connection of its own. Leaving the loop over its messages early gives it up. Nothing of the call is
 * sent before the daemon has greeted, so that before that nothing can have been carried out. What fails does so with
 * SwarmErrors: as the daemon sent them; ConnectionError, cancelled or deadlineExceeded as gRPC's client would.
 */
export function openLocally(options: LocalCallOptions): RawCall {
  return new LocalCall(options);
}

class LocalCall implements RawCall {
  readonly messages: AsyncIterable<Buffer>;
  readonly over: Promise<void>;
  readonly #options: LocalCallOptions;
  readonly #address: string;
  readonly #reader = new FrameReader(() => MESSAGE_BYTES_MAX);
  readonly #inbox = new MessageInbox((isFull) => (isFull ? this.#socket?.pause() : this.#socket?.resume()));
  /** Frames to be sent after the greeting; null = it has come. */
  #early: Buffer[] | null = [];
  readonly #opened = Promise.withResolvers<void>();
  #socket: Socket | null = null;
  #timer: Disposable | null = null;
  /** How it ended; undefined = it has not. */
  #over: SwarmError | null | undefined;
  readonly #onOver = new Set<() => void>();

  constructor(options: LocalCallOptions) {
    this.#options = options;
    this.#address = `unix:${options.socketPath}`;
    this.#opened.promise.catch(() => {});
    this.messages = { [Symbol.asyncIterator]: () => this.#iterate() };
    this.over = new Promise((resolve) => this.#onOver.add(resolve));
    const { signal } = options;
    if (signal?.aborted === true) this.#end(this.#cancelled());
    else this.#connect();
  }

  async send(message: Buffer): Promise<void> {
    this.#throwIfOver();
    if (this.#early !== null) {
      this.#early.push(frame("message", message));
      await this.#opened.promise;
      return;
    }
    if (this.#socket?.write(frame("message", message)) !== false) return;
    await this.#drained(this.#socket);
    this.#throwIfOver();
  }

  end(): void {
    const last = frame("halfClose", Buffer.alloc(0));
    if (this.#early !== null) this.#early.push(last);
    else if (this.#over === undefined) this.#socket?.write(last);
  }

  #connect(): void {
    const { socketPath, clock, connectTimeoutMs, signal } = this.#options;
    signal?.addEventListener("abort", this.#onAbort, { once: true });
    const late = (): void => this.#end(connectTimeout(this.#address, connectTimeoutMs / MS_PER_S));
    this.#timer = clock.schedule(connectTimeoutMs, "local call: greeting", late);
    const socket = connect({ path: socketPath });
    this.#socket = socket;
    socket.on("data", (chunk: Buffer) => this.#take(chunk));
    socket.on("error", (error) => this.#end(this.#lost(error)));
    socket.on("close", () => this.#end(this.#lost()));
    socket.write(GREETING);
  }

  #take(chunk: Buffer): void {
    try {
      if (!this.#reader.greeted && !isGreeting(chunk)) throw earlierRelease(this.#address);
      for (const { kind, body } of this.#reader.read(chunk)) {
        if (kind === "message") this.#inbox.push(body);
        else if (kind === "end") this.#end(endOf(body));
      }
      if (this.#reader.greeted) this.#open();
    } catch (error) {
      this.#end(error instanceof SwarmError ? error : this.#lost(error as Error));
    }
  }

  #open(): void {
    if (this.#early === null || this.#over !== undefined) return;
    const { path, timeoutMs, clock } = this.#options;
    this.#timer?.[Symbol.dispose]();
    if (timeoutMs !== null) {
      this.#timer = clock.schedule(timeoutMs, "local call: deadline", () => this.#end(tooLate(this.#address)));
    }
    this.#socket?.write(Buffer.concat([jsonFrame("head", { path, timeoutMs }), ...this.#early]));
    this.#early = null;
    this.#opened.resolve();
  }

  async *#iterate(): AsyncGenerator<Buffer> {
    try {
      yield* this.#inbox;
    } finally {
      this.#end(null);
    }
  }

  #end(how: SwarmError | null): void {
    if (this.#over !== undefined) return;
    this.#over = how;
    this.#timer?.[Symbol.dispose]();
    this.#options.signal?.removeEventListener("abort", this.#onAbort);
    this.#inbox.end(how);
    this.#opened.reject(this.#overError());
    this.#socket?.destroy();
    for (const wake of this.#onOver) wake();
  }

  readonly #onAbort = (): void => {
    this.#inbox.close(this.#cancelled());
    this.#end(this.#cancelled());
  };

  #throwIfOver(): void {
    if (this.#over !== undefined) throw this.#overError();
  }

  #overError(): SwarmError {
    return this.#over ?? new SwarmError("cancelled", "the stream has ended");
  }

  async #drained(socket: Socket): Promise<void> {
    await new Promise<void>((resolve) => {
      const wake = (): void => {
        this.#onOver.delete(wake);
        socket.off("drain", wake);
        resolve();
      };
      this.#onOver.add(wake);
      socket.once("drain", wake);
    });
  }

  #cancelled(): SwarmError {
    return new SwarmError("cancelled", "the call was cancelled", { cause: this.#options.signal?.reason });
  }

  #lost(cause?: Error): SwarmError {
    if (!this.#reader.greeted) {
      return connectError(this.#address, cause === undefined ? "Socket closed" : messageOf(cause), cause);
    }
    return new ConnectionError(true, `the connection to ${this.#address} was lost`, { cause });
  }
}

/** null = the call went well. */
function endOf(body: Buffer): SwarmError | null {
  const { code, sentence, detail } = jsonObject(body.toString()) ?? {};
  if (code === 0) return null;
  return arrivedError(Number(code), String(sentence), detail === null ? null : decodeDetail(JSON.stringify(detail)));
}

function tooLate(address: string): SwarmError {
  return new SwarmError("deadlineExceeded", `no answer from ${address} in time: the outcome is unknown`);
}

function earlierRelease(address: string): ConnectionError {
  const reason = "it is of an earlier release than this program: restart it";
  return new ConnectionError(false, `cannot connect to ${address}: ${reason}`, { fault: "other", reason });
}
