import { SwarmError } from "../errors.ts";
import { unreachable } from "../invariant.ts";
import { systemClock } from "../ports/system-clock.ts";
import type { CallOptions, RpcClient } from "./client.ts";
import { NotLeaderError } from "./not-leader.ts";
import type { CallContext, RpcHandler, RpcHandlers } from "./server.ts";
import type { AnyMethod, RpcService } from "./service-types.ts";

/** Where a manager's calls go at this moment. */
export type Leadership<Client> =
  | { readonly kind: "here" }
  | { readonly kind: "elsewhere"; readonly client: Client }
  /** None is elected, or its address is unknown. */
  | { readonly kind: "unknown" };

type AnyCall = (request: unknown, options: CallOptions) => unknown;

/**
 * Handlers that run here while this manager leads and otherwise pass the call on to the leader, in the caller's name.
 * Only unary and server-stream RPCs can be passed on; others stay with `local`, which names the leader instead.
 */
export function forwardToLeader<Methods>(
  service: RpcService<Methods>,
  local: RpcHandlers<RpcService<Methods>>,
  leadership: () => Leadership<RpcClient<RpcService<Methods>>>,
): RpcHandlers<RpcService<Methods>> {
  const here = local as unknown as Readonly<Record<string, RpcHandler<unknown, unknown>>>;
  const handlers: Record<string, RpcHandler<unknown, unknown>> = {};
  for (const [name, method] of Object.entries(service.methods as Readonly<Record<string, AnyMethod>>)) {
    const handler = here[name];
    if (handler === undefined) continue;
    const leaderCall = (context: CallContext): AnyCall | null => {
      const at = leadership();
      switch (at.kind) {
        case "here":
          return null;
        case "unknown":
          throw new NotLeaderError(null);
        case "elsewhere":
          refuseSecondHop(context);
          return (at.client as unknown as Record<string, AnyCall>)[name] ?? null;
        default:
          return unreachable(at);
      }
    };
    handlers[name] = forwarded(method, handler, leaderCall);
  }
  return handlers as unknown as RpcHandlers<RpcService<Methods>>;
}

function forwarded(
  method: AnyMethod,
  handler: RpcHandler<unknown, unknown>,
  leaderCall: (context: CallContext) => AnyCall | null,
): RpcHandler<unknown, unknown> {
  if (method.kind === "unary" && handler.kind === "unary") {
    return {
      kind: "unary",
      run: async (request, context) => {
        const call = leaderCall(context);
        return call === null ? handler.run(request, context) : call(request, optionsOf(context));
      },
    };
  }
  if (method.kind === "serverStream" && handler.kind === "serverStream") {
    return {
      kind: "serverStream",
      run: async (request, context, send) => {
        const call = leaderCall(context);
        if (call === null) return handler.run(request, context, send);
        for await (const message of call(request, optionsOf(context)) as AsyncIterable<unknown>) await send(message);
      },
    };
  }
  return handler;
}

// The leader of a moment ago may have passed the call back: two managers that each believe in the other would pass it
// to and fro for ever.
function refuseSecondHop(context: CallContext): void {
  if (context.forwardedBy !== null) {
    throw new SwarmError("unavailable", "the leader has just changed: try again");
  }
}

function optionsOf(context: CallContext): CallOptions {
  const timeoutMs = context.deadlineMs === null ? null : Math.max(1, context.deadlineMs - systemClock.wallNow());
  return {
    signal: context.signal,
    onBehalfOf: context.caller,
    ...(timeoutMs === null ? {} : { timeoutMs }),
  };
}
