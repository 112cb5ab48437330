import { systemClock } from "../../ports/system-clock.ts";
import type { ConnectOptions, RpcClient } from "../client.ts";
import { CONNECT_TIMEOUT_MS } from "../limits.ts";
import { openLocally } from "../ports/local-call.ts";
import { clientOver } from "./raw-client.ts";
import { type LightServiceName, type LightServices, lightService } from "./services.ts";

/**
 * A client of a service on the daemon's local socket that loads neither gRPC nor HTTP/2, which take longer than the
 * call. It behaves like `connect` of client.ts.
 */
export function connectLocally<Name extends LightServiceName>(
  which: Name,
  socketPath: string,
  { clock = systemClock, connectTimeoutMs = CONNECT_TIMEOUT_MS }: ConnectOptions = {},
): RpcClient<LightServices[Name]> {
  return clientOver<LightServices[Name]["methods"]>(
    lightService(which),
    ({ path }, options) => openLocally({ socketPath, path, ...options, clock, connectTimeoutMs }),
    async () => {},
  ) as RpcClient<LightServices[Name]>;
}
