import { SwarmError } from "../../shared/errors.ts";
import { mustHave, unreachable } from "../../shared/invariant.ts";
import type { Clock } from "../../shared/ports/clock.ts";
import { authorize } from "../../shared/rpc/authorize.ts";
import type { BidiCall, CallOptions, ClientStreamCall } from "../../shared/rpc/call-types.ts";
import type { RpcClient } from "../../shared/rpc/client.ts";
import { ConnectionError } from "../../shared/rpc/connect-error.ts";
import { type Door, doorOf } from "../../shared/rpc/doors.ts";
import {
  bidi,
  type CallContext,
  clientStream,
  type RpcHandler,
  type RpcHandlers,
  type Send,
  serverStream,
  unary,
} from "../../shared/rpc/handler.ts";
import { NotLeaderError } from "../../shared/rpc/not-leader.ts";
import type { RpcService } from "../../shared/rpc/service-types.ts";
import { LEADER_RETRY_MS, LEADER_WAIT_MS, type LeaderRoute } from "./leader-route.ts";

export interface ForwardOptions<Methods> {
  readonly service: RpcService<Methods>;
  /** Carry a call out on the leader. */
  readonly handlers: RpcHandlers<RpcService<Methods>>;
  /** Answer root of this host from what this manager knows, in place of a leader that there is not. */
  readonly withoutLeader?: Partial<RpcHandlers<RpcService<Methods>>>;
  readonly route: LeaderRoute;
  readonly clock: Clock;
  /** A client of `service` at a manager's HOST:PORT, with this manager's certificate. Kept for later calls. */
  readonly connect: (address: string) => RpcClient<RpcService<Methods>>;
}

export interface Forwarding<Methods> extends AsyncDisposable {
  readonly handlers: RpcHandlers<RpcService<Methods>>;
}

/**
 * The same service on any manager, for callers that a method's door admits: the leader carries a call out itself, the
 * others pass it to the leader in the caller's name. While there is no leader, a call waits LEADER_WAIT_MS, and then
 * fails; a few that root of this host makes are answered without one. There is one hop only: a call that was already
 * passed on and arrives at a manager that does not lead, or no longer leads, goes back with NotLeaderError, and the
 * first manager looks again.
 */
export function forwardToLeader<Methods>(options: ForwardOptions<Methods>): Forwarding<Methods> {
  const forwarder = new Forwarder(options as unknown as ForwardOptions<unknown>);
  const wrapped = Object.entries(options.handlers as Record<string, AnyHandler>).map(
    ([name, handler]) => [name, forwarder.wrap(name, handler)] as const,
  );
  return {
    handlers: Object.fromEntries(wrapped) as RpcHandlers<RpcService<Methods>>,
    [Symbol.asyncDispose]: () => forwarder[Symbol.asyncDispose](),
  };
}

/** Methods that change nothing may be called again, whatever happened to the first call. */
const READS = /^(?:get|list|check|compare|plan)/;

type AnyHandler = RpcHandler<unknown, unknown>;
/** A client whose methods are known only by name: the types were checked where `forwardToLeader` was called. */
type AnyClient = AsyncDisposable & {
  readonly [method: string]: (...args: readonly unknown[]) => unknown;
};

class Forwarder implements AsyncDisposable {
  readonly #options: ForwardOptions<unknown>;
  readonly #clients = new Map<string, AnyClient>();

  constructor(options: ForwardOptions<unknown>) {
    this.#options = options;
  }

  wrap(name: string, local: AnyHandler): AnyHandler {
    const door = doorOf(this.#options.service.name, name);
    switch (local.kind) {
      case "unary":
        return this.#wrapUnary(name, local.run, door);
      case "serverStream":
        return serverStream<unknown, unknown>((request, context, send) => {
          let sent = false;
          const noting: Send<unknown> = (message) => {
            sent = true;
            return send(message);
          };
          const remote = async (client: AnyClient): Promise<void> => {
            const messages = method(client, name)(request, streamOptions(context)) as AsyncIterable<unknown>;
            for await (const message of messages) await noting(message);
          };
          return this.#untilExecuted(
            { context, door },
            () => local.run(request, context, noting),
            remote,
            (wasSent) => !wasSent && !sent,
          );
        });
      case "clientStream":
        return clientStream<unknown, unknown>((messages, context) => {
          const remote = async (client: AnyClient): Promise<unknown> => {
            const call = method(client, name)(streamOptions(context)) as ClientStreamCall<unknown, unknown>;
            const up = pump(messages, call);
            up.catch(() => {});
            return await call.response;
          };
          return this.#untilExecuted(
            { context, door },
            () => local.run(messages, context),
            remote,
            () => false,
          );
        });
      case "bidi":
        return bidi<unknown, unknown>((messages, context, send) => {
          const remote = async (client: AnyClient): Promise<void> => {
            const call = method(client, name)(streamOptions(context)) as BidiCall<unknown, unknown>;
            const up = pump(messages, call);
            // A failure to send shows up as the end of the responses.
            up.catch(() => {});
            for await (const message of call.messages) await send(message);
          };
          return this.#untilExecuted(
            { context, door },
            () => local.run(messages, context, send),
            remote,
            () => false,
          );
        });
      default:
        return unreachable(local);
    }
  }

  #wrapUnary(name: string, local: Extract<AnyHandler, { kind: "unary" }>["run"], door: Door): AnyHandler {
    return unary<unknown, unknown>((request, context) => {
      const remote = (client: AnyClient): Promise<unknown> =>
        method(client, name)(request, this.#unaryOptions(context)) as Promise<unknown>;
      const answer = this.#untilExecuted(
        { context, door },
        () => local(request, context),
        remote,
        (wasSent) => !wasSent || READS.test(name),
      );
      const own = this.#ownAnswer(name, context);
      return own === null ? answer : answer.catch((error) => withoutLeader(error, () => own.run(request, context)));
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const clients = [...this.#clients.values()];
    this.#clients.clear();
    await Promise.all(clients.map((client) => client[Symbol.asyncDispose]()));
  }

  /**
   * Tries again as long as repeating can do no harm: the leader has just changed, or has died. A caller that may not
   * make the call is refused before any waiting or sending.
   */
  async #untilExecuted<T>(
    { context, door }: { readonly context: CallContext; readonly door: Door },
    local: () => Promise<T>,
    remote: (client: AnyClient) => Promise<T>,
    mayRepeat: (wasSent: boolean) => boolean,
  ): Promise<T> {
    const { route, clock } = this.#options;
    authorize(context.caller, door);
    if (context.forwardedBy !== null) {
      if (route.now()?.kind === "here") return await local();
      throw new NotLeaderError(route.leaderAddress());
    }
    const deadline = clock.now() + LEADER_WAIT_MS;
    for (;;) {
      const place = await route.find(deadline, context.signal);
      try {
        return await (place.kind === "here" ? local() : remote(this.#clientAt(place.address)));
      } catch (error) {
        const wasSent = wasCallSent(error);
        if (wasSent === null) throw error;
        if (!mayRepeat(wasSent)) throw wasSent ? outcomeUnknown(error) : error;
        if (clock.now() >= deadline) throw new NotLeaderError(null);
      }
      await route.changed(LEADER_RETRY_MS, context.signal);
    }
  }

  /** How this manager may answer by itself. Root of this host could as well read what the daemon holds in memory. */
  #ownAnswer(name: string, { caller, forwardedBy }: CallContext): Extract<AnyHandler, { kind: "unary" }> | null {
    const own = (this.#options.withoutLeader as Record<string, AnyHandler> | undefined)?.[name];
    return own?.kind === "unary" && caller.kind === "local" && forwardedBy === null ? own : null;
  }

  #clientAt(address: string): AnyClient {
    let client = this.#clients.get(address);
    if (client === undefined) {
      client = this.#options.connect(address) as unknown as AnyClient;
      this.#clients.set(address, client);
    }
    return client;
  }

  #unaryOptions(context: CallContext): CallOptions {
    const { deadlineMs } = context;
    // If the caller has no deadline, the client's own applies.
    if (deadlineMs === null) return streamOptions(context);
    return { ...streamOptions(context), timeoutMs: Math.max(1, deadlineMs - this.#options.clock.wallNow()) };
  }
}

/** @throws the error, unless it says that there is no leader. */
function withoutLeader<T>(error: unknown, answer: () => Promise<T>): Promise<T> {
  if (error instanceof NotLeaderError && error.leaderAddress === null) return answer();
  throw error;
}

function streamOptions({ signal, caller }: CallContext): CallOptions {
  return { signal, onBehalfOf: caller };
}

function method(client: AnyClient, name: string): (...args: readonly unknown[]) => unknown {
  return mustHave(client[name], `method ${name} of a client`);
}

async function pump(
  messages: AsyncIterable<unknown>,
  call: { send(message: unknown): Promise<void>; end(): void },
): Promise<void> {
  for await (const message of messages) await call.send(message);
  call.end();
}

/** Whether the leader may have carried out a call that it did not answer; null = it did answer. */
function wasCallSent(error: unknown): boolean | null {
  if (error instanceof NotLeaderError) return false;
  return error instanceof ConnectionError ? error.wasSent : null;
}

function outcomeUnknown(cause: unknown): SwarmError {
  return new SwarmError(
    "unavailable",
    "the leader was lost during the call, which may or may not have been carried out: check, and try again if it was not",
    { cause },
  );
}
