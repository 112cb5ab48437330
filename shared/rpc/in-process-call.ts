import { SwarmError } from "../errors.ts";
import type { Clock } from "../ports/clock.ts";
import type { RpcClient } from "./client.ts";
import { cancelled, left, tooLarge, unaryInProcess } from "./in-process-unary.ts";
import { MessageInbox } from "./light/inbox.ts";
import { clientOver, type RawCall } from "./light/raw-client.ts";
import type { InProcessDoor } from "./light-door.ts";
import { requestBytesMax } from "./limits.ts";
import type { AnswerLocally } from "./ports/local-session.ts";
import type { AnyMethod, RpcService } from "./service-types.ts";
import { fromStatus, toStatus } from "./status.ts";

/** A client of a service of this very process; `door` is its RpcServer's. */
export function connectInProcess<Methods>(
  service: RpcService<Methods>,
  door: InProcessDoor,
  clock: Clock,
): RpcClient<RpcService<Methods>> {
  const closing = new AbortController();
  const client = clientOver(
    service,
    ({ path }, options) => new InProcessCall({ path, ...options, answer: door.answer, clock }),
    async () => closing.abort(),
  );
  const unary: Record<string, unknown> = {};
  for (const [name, method] of Object.entries(service.methods as Readonly<Record<string, AnyMethod>>)) {
    if (method.kind === "unary") unary[name] = unaryInProcess(method, { door, clock, closing: closing.signal });
  }
  return { ...client, ...unary };
}

interface InProcessCallOptions {
  /** `/package.Service/Method`. */
  readonly path: string;
  /** null = no deadline. */
  readonly timeoutMs: number | null;
  readonly signal: AbortSignal | undefined;
  readonly clock: Clock;
  /** What answers the calls of the local socket. */
  readonly answer: AnswerLocally;
}

/**
 * A call to this very process. Its messages are encoded and its errors pass through a status, so that neither
 * side can tell it from a call over the local socket; each direction holds as much as a connection would. Leaving the
 * loop over its messages early gives it up.
 */
class InProcessCall implements RawCall {
  readonly messages: AsyncIterable<Buffer>;
  readonly over: Promise<void>;
  readonly #options: InProcessCallOptions;
  readonly #requests = new Lane();
  readonly #answers = new Lane();
  readonly #gone = new AbortController();
  readonly #ended = Promise.withResolvers<void>();
  #timer: Disposable | null = null;
  /** How it ended; undefined = it has not. */
  #over: SwarmError | null | undefined;

  constructor(options: InProcessCallOptions) {
    this.#options = options;
    this.messages = { [Symbol.asyncIterator]: () => this.#iterate() };
    this.over = this.#ended.promise;
    const { signal, timeoutMs, clock, path } = options;
    if (signal?.aborted === true) {
      this.#onAbort();
      return;
    }
    signal?.addEventListener("abort", this.#onAbort, { once: true });
    if (timeoutMs !== null) {
      const late = new SwarmError("deadlineExceeded", `no answer to ${path} in time: the outcome is unknown`);
      this.#timer = clock.schedule(timeoutMs, "call in process: deadline", () => this.#end(late));
    }
    this.#run().then(
      () => this.#end(null),
      (error: unknown) => this.#end(fromStatus(toStatus(error))),
    );
  }

  async send(message: Buffer): Promise<void> {
    if (this.#over !== undefined) throw this.#overError();
    const bytesMax = requestBytesMax(this.#options.path);
    if (message.length > bytesMax) this.#end(tooLarge(message.length, bytesMax));
    await this.#requests.push(message);
    if (this.#over !== undefined) throw this.#overError();
  }

  end(): void {
    this.#requests.inbox.end(null);
  }

  async #run(): Promise<void> {
    const { path, timeoutMs, answer } = this.#options;
    const send = async (message: Buffer): Promise<void> => {
      if (this.#over !== undefined) throw left();
      await this.#answers.push(message);
      if (this.#over !== undefined) throw left();
    };
    await answer({ path, timeoutMs, gone: this.#gone.signal, requests: this.#requests.inbox, send });
  }

  async *#iterate(): AsyncGenerator<Buffer> {
    try {
      yield* this.#answers.inbox;
    } finally {
      this.#end(null);
    }
  }

  readonly #onAbort = (): void => {
    const { signal } = this.#options;
    const error = cancelled(signal?.reason);
    this.#answers.inbox.close(error);
    this.#end(error);
  };

  #end(how: SwarmError | null): void {
    if (this.#over !== undefined) return;
    this.#over = how;
    this.#timer?.[Symbol.dispose]();
    this.#options.signal?.removeEventListener("abort", this.#onAbort);
    this.#answers.inbox.end(how);
    this.#answers.release();
    this.#requests.inbox.close(left());
    this.#requests.release();
    this.#gone.abort(left());
    this.#ended.resolve();
  }

  #overError(): SwarmError {
    return this.#over ?? new SwarmError("cancelled", "the stream has ended");
  }
}

/** One direction: whoever pushes waits while the reader has too much to read. */
class Lane {
  readonly inbox = new MessageInbox((isFull) => this.#hold(isFull));
  #freed: PromiseWithResolvers<void> | null = null;

  /** Resolves when it takes more, or when the call is over. */
  async push(message: Buffer): Promise<void> {
    this.inbox.push(message);
    await this.#freed?.promise;
  }

  release(): void {
    this.#freed?.resolve();
    this.#freed = null;
  }

  #hold(isFull: boolean): void {
    if (isFull) this.#freed ??= Promise.withResolvers<void>();
    else this.release();
  }
}
