import { SwarmError } from "../errors.ts";
import { unreachable } from "../invariant.ts";
import type { Clock } from "../ports/clock.ts";
import { encodeInSlices } from "./encode-in-slices.ts";
import type { CallContext, RpcHandler, Send } from "./handler.ts";
import type { AnyMethod } from "./service-types.ts";

/** A method with what answers it. */
export interface ServedMethod {
  readonly method: AnyMethod;
  readonly handler: RpcHandler<unknown, unknown>;
}

/**
 * Runs a handler over encoded messages, whatever has carried them here. Resolves when it has answered.
 * @throws SwarmError invalidArgument for a message that cannot be read or is missing; what the handler throws.
 */
export async function runRaw(
  { method, handler, clock }: ServedMethod & { readonly clock: Clock },
  requests: AsyncIterable<Buffer>,
  context: CallContext,
  send: Send<Buffer>,
): Promise<void> {
  const encode = method.encodeResponse as (message: unknown) => Buffer;
  const sendEncoded: Send<unknown> = (message) => send(encode(message));
  switch (handler.kind) {
    case "unary":
      await send(await encodeInSlices(encode, await handler.run(await only(method, requests), context), clock));
      return;
    case "serverStream":
      await handler.run(await only(method, requests), context, sendEncoded);
      return;
    case "clientStream":
      await sendEncoded(await handler.run(decoded(method, requests), context));
      return;
    case "bidi":
      await handler.run(decoded(method, requests), context, sendEncoded);
      return;
    default:
      unreachable(handler);
  }
}

/** @throws SwarmError invalidArgument when the bytes are not such a message. */
export function decodeRequest(method: AnyMethod, bytes: Buffer): unknown {
  try {
    return method.decodeRequest(bytes);
  } catch (cause) {
    throw new SwarmError("invalidArgument", "the request cannot be read", { cause });
  }
}

/** The first request; the call has no others. */
async function only(method: AnyMethod, requests: AsyncIterable<Buffer>): Promise<unknown> {
  const { done, value } = await requests[Symbol.asyncIterator]().next();
  if (done === true) throw new SwarmError("invalidArgument", `the call ${method.path} came without a request`);
  return decodeRequest(method, value);
}

async function* decoded(method: AnyMethod, requests: AsyncIterable<Buffer>): AsyncGenerator<unknown> {
  for await (const bytes of requests) yield decodeRequest(method, bytes);
}
