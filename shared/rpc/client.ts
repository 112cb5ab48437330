import { unreachable } from "../invariant.ts";
import type { TlsCredentials } from "../pki/tls-credentials.ts";
import type { Clock } from "../ports/clock.ts";
import { systemClock } from "../ports/system-clock.ts";
import type { BidiCall, CallOptions, ClientStreamCall } from "./call-types.ts";
import { type CallMaker, callBidi, callClientStream, callServerStream, callUnary } from "./client-calls.ts";
import { ClientChannel } from "./client-channel.ts";
import { CONNECT_TIMEOUT_MS, UNARY_TIMEOUT_MS } from "./limits.ts";
import type { Sendable } from "./sendable.ts";
import type { AnyMethod, RpcKind, RpcMethod, RpcService } from "./service-types.ts";

/** "local" for a unix socket; "untrusted" only to fetch a root certificate. */
export type RpcCredentials = TlsCredentials | "local" | "untrusted";

/** One function for each RPC. Errors are SwarmErrors. Dispose it to close its connection. */
export type RpcClient<Service> =
  Service extends RpcService<infer Methods>
    ? { readonly [Name in keyof Methods]: CallOf<Methods[Name]> } & AsyncDisposable
    : never;

type CallOf<Method> =
  Method extends RpcMethod<infer Kind, infer Request, infer Response>
    ? CallOfKind<Kind, Sendable<Request>, Response>
    : never;

type CallOfKind<Kind extends RpcKind, I, O> = {
  unary: (request: I, options?: CallOptions) => Promise<O>;
  serverStream: (request: I, options?: CallOptions) => AsyncIterable<O>;
  clientStream: (options?: CallOptions) => ClientStreamCall<I, O>;
  bidi: (options?: CallOptions) => BidiCall<I, O>;
}[Kind];

export interface ConnectOptions {
  readonly clock?: Clock;
  /** Default CONNECT_TIMEOUT_MS. */
  readonly connectTimeoutMs?: number;
}

/**
 * A client of `service` at HOST:PORT or `unix:/path`. It connects on the first call, and again whenever needed.
 * Calls throw SwarmError unavailable ("cannot connect to HOST:PORT: ...") while it cannot.
 */
export function connect<Methods>(
  service: RpcService<Methods>,
  address: string,
  credentials: RpcCredentials,
  options: ConnectOptions = {},
): RpcClient<RpcService<Methods>> {
  const clock = options.clock ?? systemClock;
  const channel = new ClientChannel(address, credentials, {
    clock,
    connectTimeoutMs: options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS,
  });
  const client: Record<string | symbol, unknown> = {
    [Symbol.asyncDispose]: async () => channel[Symbol.dispose](),
  };
  for (const [name, method] of Object.entries(service.methods as Readonly<Record<string, AnyMethod>>)) {
    client[name] = callOf({ channel, method, clock });
  }
  return client as RpcClient<RpcService<Methods>>;
}

function callOf(maker: CallMaker): unknown {
  switch (maker.method.kind) {
    case "unary":
      return (request: unknown, options: CallOptions = {}) =>
        callUnary(maker, request, options, options.timeoutMs ?? UNARY_TIMEOUT_MS);
    case "serverStream":
      return (request: unknown, options: CallOptions = {}) => callServerStream(maker, request, options);
    case "clientStream":
      return (options: CallOptions = {}) => callClientStream(maker, options);
    case "bidi":
      return (options: CallOptions = {}) => callBidi(maker, options);
    default:
      return unreachable(maker.method.kind);
  }
}
