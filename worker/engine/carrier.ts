import { messageOf, SwarmError } from "../../shared/errors.ts";
import type { Logger } from "../../shared/log.ts";
import type { Clock } from "../../shared/ports/clock.ts";
import { parseCaller } from "../../shared/rpc/forwarding.ts";
import type { OpenCall } from "../../shared/rpc/gen/dispatcher.ts";
import type { HostCall, HostCallHead } from "../../shared/rpc/gen/hosts.ts";
import { HOST_CALLS_MAX } from "../../shared/rpc/limits.ts";
import { runRaw, type ServedMethod } from "../../shared/rpc/raw-call.ts";
import { ownContext } from "../../shared/rpc/serve-call.ts";
import { toStatus } from "../../shared/rpc/status.ts";
import { unlessAborted } from "../../shared/unless-aborted.ts";
import type { CallCarrier, CarryStream } from "../ports/call-carrier.ts";

export interface CarrierOptions {
  /** By `/package.Service/Method`. */
  readonly methods: ReadonlyMap<string, ServedMethod>;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * Serves the engine's methods on streams to the leader, by the same handlers as on the local socket. A call whose
 * stream ends is given up: its handler's signal aborts.
 */
export class Carrier implements CallCarrier {
  readonly #options: CarrierOptions;
  readonly #open = new Map<string, AbortController>();

  constructor(options: CarrierOptions) {
    this.#options = options;
  }

  take({ callId, close }: OpenCall, open: (signal: AbortSignal) => CarryStream, signal: AbortSignal): void {
    if (close) {
      this.#open.get(callId)?.abort(callerGone());
      return;
    }
    if (this.#open.has(callId)) return;
    const over = new AbortController();
    this.#open.set(callId, over);
    const either = AbortSignal.any([signal, over.signal]);
    const stream = open(either);
    this.#serve(callId, stream, AbortSignal.any([either, endOf(stream)]))
      .catch((error: unknown) => {
        // The caller or the leader has gone, and there is nobody to tell.
        this.#options.log.debug("a call was given up", { callId, error: messageOf(error) });
      })
      .finally(() => {
        this.#open.delete(callId);
        over.abort(new SwarmError("cancelled", "the call is over"));
      })
      .catch(() => {});
  }

  async #serve(callId: string, stream: CarryStream, signal: AbortSignal): Promise<void> {
    await stream.send({ opened: { callId } });
    const incoming = stream.messages[Symbol.asyncIterator]();
    try {
      const { done, value } = await incoming.next();
      const head = done === true ? null : (value.head ?? null);
      if (head === null) throw new SwarmError("invalidArgument", "a call of a host begins with its head");
      await unlessAborted(this.#run(head, incoming, stream, signal), signal);
      await stream.send({ status: { code: 0, sentence: "" } });
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof SwarmError)) this.#options.log.error("a call failed unexpectedly", logOf(error));
      const { code, details } = toStatus(error);
      await stream.send({ status: { code, sentence: details } });
    }
    stream.end();
    // What has not been read holds back the end of the stream, and leaving at once would reset it.
    for (let { done } = await incoming.next(); done !== true; ) ({ done } = await incoming.next());
  }

  async #run(
    head: HostCallHead,
    incoming: AsyncIterator<HostCall>,
    stream: CarryStream,
    signal: AbortSignal,
  ): Promise<void> {
    if (this.#open.size > HOST_CALLS_MAX) {
      throw new SwarmError("resourceExhausted", `this host serves ${HOST_CALLS_MAX} calls already`);
    }
    const served = this.#options.methods.get(head.path);
    if (served === undefined) {
      throw new SwarmError(
        "unimplemented",
        `the host does not know the call ${head.path}: it is of an earlier release`,
      );
    }
    const context = ownContext(parseCaller(head.caller), signal);
    const { clock } = this.#options;
    await runRaw({ ...served, clock }, requestsOf(incoming), context, (reply) => stream.send({ reply }));
  }
}

/** @throws SwarmError cancelled when the stream ends before the caller has ended its side. */
async function* requestsOf(incoming: AsyncIterator<HostCall>): AsyncGenerator<Buffer> {
  for (;;) {
    const { done, value } = await incoming.next();
    if (done === true) throw callerGone();
    if (value.message === "halfClose") return;
    if (value.message === "request") yield value.request;
  }
}

/** Aborts when the stream is over, even if nobody reads it. */
function endOf(stream: CarryStream): AbortSignal {
  const ended = new AbortController();
  void stream.over.then(() => ended.abort(callerGone()));
  return ended.signal;
}

function callerGone(): SwarmError {
  return new SwarmError("cancelled", "the caller has gone");
}

function logOf(error: unknown): { readonly error: string; readonly stack: string | undefined } {
  return { error: messageOf(error), stack: error instanceof Error ? error.stack : undefined };
}
