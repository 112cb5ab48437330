import { messageOf, SwarmError } from "../../shared/errors.ts";
import type { NodeId, SessionId } from "../../shared/ids.ts";
import { cutText } from "../../shared/objects/status-text.ts";
import type { Clock } from "../../shared/ports/clock.ts";
import type { HostCall, HostCallHead, HostCallStatus, HostReply } from "../../shared/rpc/gen/hosts.ts";
import { HOST_CALL_OPEN_MS_MAX, HOST_REQUEST_BYTES_MAX } from "../../shared/rpc/limits.ts";
import type { Sendable } from "../../shared/rpc/sendable.ts";
import { arrivedError } from "../../shared/rpc/status-codes.ts";
import { unlessAborted } from "../../shared/unless-aborted.ts";

/** What a host may say about a failure; more is cut. */
const SENTENCE_BYTES_MAX = 2_048;

/** One end of a call as a stream of its own. */
export interface CallEnd<Incoming, Outgoing> {
  readonly incoming: AsyncIterator<Incoming>;
  readonly send: (message: Sendable<Outgoing>) => Promise<void>;
  /** Aborts when whoever is there has gone. */
  readonly signal: AbortSignal;
}

type CallerEnd = CallEnd<HostCall, HostReply>;
type HostEnd = CallEnd<HostReply, HostCall>;

export interface CarriedCallOptions {
  readonly callId: SessionId;
  readonly nodeId: NodeId;
  readonly hostname: string;
  readonly clock: Clock;
}

/**
 * One call between a caller and a host. Nothing is stored in between: a message is taken from one side only when the
 * other takes it, so that a slow reader holds the writer back all the way. Whichever side goes, the other is told.
 */
export class CarriedCall implements Disposable {
  readonly callId: SessionId;
  readonly nodeId: NodeId;
  readonly #options: CarriedCallOptions;
  readonly #host = Promise.withResolvers<HostEnd>();
  readonly #over = Promise.withResolvers<void>();
  #isCarried = false;
  #isOver = false;

  constructor(options: CarriedCallOptions) {
    this.#options = options;
    this.callId = options.callId;
    this.nodeId = options.nodeId;
    this.#host.promise.catch(() => {});
    this.#over.promise.catch(() => {});
  }

  /** The caller's side, to the end of the call. @throws SwarmError as the host sent it, or why the host is lost. */
  async run(head: Sendable<HostCallHead>, caller: CallerEnd): Promise<void> {
    const { nodeId, hostname } = this.#options;
    const host = await unlessAborted(this.#opened(), caller.signal);
    await this.#toHost(host, { head });
    await caller.send({ opened: { callId: "", nodeId, hostname } });
    const failed = new AbortController();
    const either = AbortSignal.any([caller.signal, this.#lostWith(host.signal), failed.signal]);
    // The caller's side may end, and fail, long before the answer does.
    this.#pumpRequests(caller.incoming, host).catch((error: unknown) => failed.abort(error));
    await unlessAborted(this.#pumpReplies(host, caller), either);
    this.#over.resolve();
  }

  /** The host has answered to the end. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** The host's side: resolves when the call is over. @throws SwarmError when it was given up. */
  async carriedBy(host: HostEnd): Promise<void> {
    if (this.#isCarried) throw new SwarmError("alreadyExists", `call ${this.callId} is carried already`);
    this.#isCarried = true;
    this.#host.resolve(host);
    await unlessAborted(this.#over.promise, host.signal);
  }

  [Symbol.dispose](): void {
    const gone = new SwarmError("cancelled", "the caller has gone");
    this.#host.reject(gone);
    this.#over.reject(gone);
  }

  async #opened(): Promise<HostEnd> {
    const { clock, hostname } = this.#options;
    const late = Promise.withResolvers<never>();
    late.promise.catch(() => {});
    using _timer = clock.schedule(HOST_CALL_OPEN_MS_MAX, "hosts: wait for a host", () =>
      late.reject(
        new SwarmError(
          "unavailable",
          `node ${hostname} did not take the call within ${HOST_CALL_OPEN_MS_MAX / 1000} s`,
        ),
      ),
    );
    return await Promise.race([this.#host.promise, late.promise]);
  }

  async #pumpRequests(incoming: AsyncIterator<HostCall>, host: HostEnd): Promise<void> {
    for (;;) {
      const { done, value } = await incoming.next();
      if (done === true || value.message === "halfClose") {
        await this.#toHost(host, { halfClose: {} });
        return;
      }
      if (value.message === "head") throw new SwarmError("invalidArgument", "a call has one head");
      if (value.message !== "request") continue;
      if (value.request.length > HOST_REQUEST_BYTES_MAX) {
        const sentence = `a request of ${value.request.length} bytes is too large: ${HOST_REQUEST_BYTES_MAX} are allowed`;
        throw new SwarmError("resourceExhausted", sentence);
      }
      await this.#toHost(host, { request: value.request });
    }
  }

  async #pumpReplies({ incoming }: HostEnd, { send }: CallerEnd): Promise<void> {
    for (;;) {
      const { done, value } = await incoming.next().catch((error: unknown) => {
        throw this.#lost(error);
      });
      if (done === true) throw this.#lost(null);
      if (value.message === "reply") await send({ reply: value.reply });
      else if (value.message === "status") {
        this.#isOver = true;
        endAs(value.status);
        return;
      }
    }
  }

  async #toHost(host: HostEnd, message: Sendable<HostCall>): Promise<void> {
    await host.send(message).catch((error: unknown) => {
      throw this.#lost(error);
    });
  }

  #lostWith(signal: AbortSignal): AbortSignal {
    const lost = new AbortController();
    const onAbort = (): void => lost.abort(this.#lost(signal.reason));
    if (signal.aborted) onAbort();
    else signal.addEventListener("abort", onAbort, { once: true });
    return lost.signal;
  }

  #lost(cause: unknown): SwarmError {
    // What ended this manager's leadership ends the call in the same words.
    if (cause instanceof SwarmError && cause.code === "unavailable") return cause;
    const why = cause === null ? "it ended without a result" : messageOf(cause);
    const sentence = `node ${this.#options.hostname} was lost during the call, which may or may not have been carried out`;
    return new SwarmError("unavailable", sentence, { cause: why });
  }
}

/** @throws SwarmError unless the call went well. A host's words are cut, and give programs no orders. */
function endAs({ code, sentence }: HostCallStatus): void {
  if (code !== 0) throw arrivedError(code, cutText(sentence, SENTENCE_BYTES_MAX), null);
}
