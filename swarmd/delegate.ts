import type { RpcHandlers } from "../shared/rpc/handler.ts";
import type { AnyMethod, RpcService } from "../shared/rpc/service-types.ts";

interface AnyHandler {
  readonly kind: string;
  readonly run: (...args: readonly unknown[]) => unknown;
}

/**
 * Handlers that ask `current` on each call who answers now: the local socket outlives the manager behind it, which
 * comes with init or a promotion and goes with leave or a demotion. `current` throws the refusal when no manager is
 * there.
 */
export function delegateTo<Methods>(
  service: RpcService<Methods>,
  current: () => RpcHandlers<RpcService<Methods>>,
): RpcHandlers<RpcService<Methods>> {
  const handlers: Record<string, AnyHandler> = {};
  for (const [name, method] of Object.entries(service.methods as Readonly<Record<string, AnyMethod>>)) {
    handlers[name] = {
      kind: method.kind,
      // Async, so that a refusal by `current` is a rejected call and not an exception in the server.
      run: async (...args) => {
        const byName = current() as unknown as Readonly<Record<string, AnyHandler>>;
        return await byName[name]?.run(...args);
      },
    };
  }
  return handlers as unknown as RpcHandlers<RpcService<Methods>>;
}
