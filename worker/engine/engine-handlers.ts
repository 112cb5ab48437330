import type { RpcHandlers } from "../../shared/rpc/handler.ts";
import type { HostServiceName } from "../../shared/rpc/host-service-names.ts";
import type { services } from "../../shared/rpc/schema.ts";

/**
 * What answers each service of a host's engine. A service is put in here once, by open-engine.ts, and is then served on
 * the local socket and through every manager.
 */
export type EngineHandlers = { readonly [Name in HostServiceName]: RpcHandlers<(typeof services)[Name]> };
