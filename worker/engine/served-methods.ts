import type { RpcHandler } from "../../shared/rpc/handler.ts";
import { HOST_SERVICES } from "../../shared/rpc/host-service-names.ts";
import type { ServedMethod } from "../../shared/rpc/raw-call.ts";
import { services } from "../../shared/rpc/schema.ts";
import type { AnyMethod } from "../../shared/rpc/service-types.ts";
import type { EngineHandlers } from "./engine-handlers.ts";

/** All methods of an engine with what answers them, by `/package.Service/Method`. */
export function servedMethods(engine: EngineHandlers): ReadonlyMap<string, ServedMethod> {
  return new Map(
    HOST_SERVICES.flatMap((name) => {
      // Their pairs were typed where the engine was made.
      const handlers = engine[name] as Readonly<Record<string, RpcHandler<unknown, unknown>>>;
      const methods = services[name].methods as unknown as Readonly<Record<string, AnyMethod>>;
      return Object.entries(methods).flatMap(([key, method]) => {
        const handler = handlers[key];
        return handler === undefined ? [] : [[method.path, { method, handler }] as const];
      });
    }),
  );
}
