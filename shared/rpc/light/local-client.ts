import { SwarmError } from "../../errors.ts";
import { unreachable } from "../../invariant.ts";
import { systemClock } from "../../ports/system-clock.ts";
import type { CallOptions } from "../call-types.ts";
import type { ConnectOptions, RpcClient } from "../client.ts";
import { CONNECT_TIMEOUT_MS, UNARY_TIMEOUT_MS } from "../limits.ts";
import { callLocally } from "../ports/local-call.ts";
import type { AnyMethod } from "../service-types.ts";
import { type LightServiceName, type LightServices, lightService } from "./services.ts";

/**
 * A client of a service on the daemon's local socket that loads neither gRPC nor HTTP/2, which take longer than the
 * call. It behaves like `connect` of client.ts, but for calls that stream requests, which it does not make.
 */
export function connectLocally<Name extends LightServiceName>(
  which: Name,
  socketPath: string,
  { clock = systemClock, connectTimeoutMs = CONNECT_TIMEOUT_MS }: ConnectOptions = {},
): RpcClient<LightServices[Name]> {
  const closing = new AbortController();
  const client: Record<string | symbol, unknown> = {
    [Symbol.asyncDispose]: async () => closing.abort(),
  };
  const ask: Ask = ({ path, encodeRequest }, message, { signal }, timeoutMs) => {
    const request = (encodeRequest as (message: unknown) => Buffer)(message);
    const ended = endedBy(closing.signal, signal);
    return callLocally({ socketPath, path, request, timeoutMs, signal: ended, clock, connectTimeoutMs });
  };
  const methods = lightService(which).methods as unknown as Readonly<Record<string, AnyMethod>>;
  for (const [name, method] of Object.entries(methods)) client[name] = callOf(method, ask);
  return client as unknown as RpcClient<LightServices[Name]>;
}

type Ask = (
  method: AnyMethod,
  message: unknown,
  options: CallOptions,
  timeoutMs: number | null,
) => AsyncIterable<Buffer>;

function callOf(method: AnyMethod, ask: Ask): unknown {
  switch (method.kind) {
    case "unary":
      return async (request: unknown, options: CallOptions = {}) => {
        const answers = ask(method, request, options, options.timeoutMs ?? UNARY_TIMEOUT_MS);
        for await (const body of answers) return decode(method, body);
        throw new SwarmError("internal", `${method.path} was not answered`);
      };
    case "serverStream":
      return async function* (request: unknown, options: CallOptions = {}) {
        const answers = ask(method, request, options, options.timeoutMs ?? null);
        for await (const body of answers) yield decode(method, body);
      };
    case "clientStream":
    case "bidi":
      return () => {
        throw new SwarmError("unimplemented", `${method.path} takes a stream, which needs gRPC`);
      };
    default:
      return unreachable(method.kind);
  }
}

function endedBy(closed: AbortSignal, signal: AbortSignal | undefined): AbortSignal {
  return signal === undefined ? closed : AbortSignal.any([closed, signal]);
}

function decode({ path, decodeResponse }: AnyMethod, body: Buffer): unknown {
  try {
    return decodeResponse(body);
  } catch (cause) {
    throw new SwarmError("internal", `the answer to ${path} cannot be read`, { cause });
  }
}
