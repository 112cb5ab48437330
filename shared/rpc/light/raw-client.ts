import { SwarmError } from "../../errors.ts";
import { unreachable } from "../../invariant.ts";
import type { BidiCall, CallOptions, ClientStreamCall } from "../call-types.ts";
import type { RpcClient } from "../client.ts";
import { UNARY_TIMEOUT_MS } from "../limits.ts";
import type { AnyMethod, RpcService } from "../service-types.ts";

/** One call as encoded messages, whatever carries them. Failures are SwarmErrors. */
export interface RawCall {
  /** Resolves when the way takes more. @throws SwarmError once the call is over. */
  send(message: Buffer): Promise<void>;
  /** No more requests; answers may still come. */
  end(): void;
  /** For one reader, who gives the call up by leaving the loop. */
  readonly messages: AsyncIterable<Buffer>;
  /** Resolves when the call is over, as far as this side has heard; never rejects. */
  readonly over: Promise<void>;
}

/** Begins a call of a method. `timeoutMs` null = no deadline. */
export type OpenRawCall = (
  method: AnyMethod,
  options: { readonly signal: AbortSignal | undefined; readonly timeoutMs: number | null },
) => RawCall;

/** The typed functions of a service over whatever carries its messages; `close` is called when the client is closed. */
export function clientOver<Methods>(
  service: RpcService<Methods>,
  open: OpenRawCall,
  close: () => Promise<void>,
): RpcClient<RpcService<Methods>> {
  const closing = new AbortController();
  const client: Record<string | symbol, unknown> = {
    [Symbol.asyncDispose]: async () => {
      closing.abort();
      await close();
    },
  };
  const start = (method: AnyMethod, { signal }: CallOptions, timeoutMs: number | null): RawCall => {
    const ended = signal === undefined ? closing.signal : AbortSignal.any([closing.signal, signal]);
    return open(method, { signal: ended, timeoutMs });
  };
  const methods = service.methods as unknown as Readonly<Record<string, AnyMethod>>;
  for (const [name, method] of Object.entries(methods)) client[name] = callOf(method, start);
  return client as unknown as RpcClient<RpcService<Methods>>;
}

type Start = (method: AnyMethod, options: CallOptions, timeoutMs: number | null) => RawCall;

function callOf(method: AnyMethod, start: Start): unknown {
  const encode = method.encodeRequest as (message: unknown) => Buffer;
  const ask = (request: unknown, options: CallOptions, timeoutMs: number | null): AsyncIterable<Buffer> => {
    const bytes = encode(request);
    const call = start(method, options, timeoutMs);
    // What goes wrong with it shows where the answer is read.
    call.send(bytes).catch(() => {});
    return call.messages;
  };
  switch (method.kind) {
    case "unary":
      return async (request: unknown, options: CallOptions = {}) =>
        await first(method, ask(request, options, options.timeoutMs ?? UNARY_TIMEOUT_MS));
    case "serverStream":
      return async function* (request: unknown, options: CallOptions = {}) {
        yield* decoded(method, ask(request, options, options.timeoutMs ?? null));
      };
    case "clientStream":
      return (options: CallOptions = {}): ClientStreamCall<unknown, unknown> => {
        const call = start(method, options, options.timeoutMs ?? null);
        const response = first(method, call.messages);
        // A caller that sees the failure in `send` may never look at it.
        response.catch(() => {});
        return { send: (message) => call.send(encode(message)), end: () => call.end(), response };
      };
    case "bidi":
      return (options: CallOptions = {}): BidiCall<unknown, unknown> => {
        const call = start(method, options, options.timeoutMs ?? null);
        const messages = { [Symbol.asyncIterator]: () => decoded(method, call.messages) };
        return { send: (message) => call.send(encode(message)), end: () => call.end(), messages, over: call.over };
      };
    default:
      return unreachable(method.kind);
  }
}

async function first(method: AnyMethod, answers: AsyncIterable<Buffer>): Promise<unknown> {
  for await (const body of answers) return decodeAnswer(method, body);
  throw new SwarmError("internal", `${method.path} was not answered`);
}

async function* decoded(method: AnyMethod, answers: AsyncIterable<Buffer>): AsyncGenerator<unknown> {
  for await (const body of answers) yield decodeAnswer(method, body);
}

/** @throws SwarmError internal when it is no answer of the method. */
export function decodeAnswer({ path, decodeResponse }: AnyMethod, body: Buffer): unknown {
  try {
    return decodeResponse(body);
  } catch (cause) {
    throw new SwarmError("internal", `the answer to ${path} cannot be read`, { cause });
  }
}
