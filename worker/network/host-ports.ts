import { SwarmError } from "../../shared/errors.ts";
import type { PortConfig } from "../../shared/rpc/gen/objects.ts";

/** Where ports are chosen for host-mode ports that ask for none: the kernel's own ephemeral range. */
export const DYNAMIC_PORT_MIN = 32_768;
export const DYNAMIC_PORT_MAX = 60_999;

/** A transport port of the host, e.g. `tcp/8080`. */
export type PortKey = string;

export function portKey(protocol: PortConfig["protocol"], port: number): PortKey {
  return `${protocol.toLowerCase()}/${port}`;
}

/**
 * Host-mode ports with the numbers they get. `taken` says who has a port, for the refusal.
 * @throws SwarmError failedPrecondition when a wanted port is taken, resourceExhausted when no dynamic port is left.
 */
export function bindHostPorts(
  wanted: readonly PortConfig[],
  taken: ReadonlyMap<PortKey, string>,
): readonly PortConfig[] {
  const bound = new Map(taken);
  return wanted.map((port) => {
    const publishedPort = port.publishedPort === 0 ? freePort(port, bound) : port.publishedPort;
    const key = portKey(port.protocol, publishedPort);
    const owner = bound.get(key);
    if (owner !== undefined)
      throw new SwarmError("failedPrecondition", `host port ${key} is already in use by ${owner} on this host`);
    bound.set(key, "another port of the same task");
    return { ...port, publishedPort };
  });
}

function freePort(port: PortConfig, bound: ReadonlyMap<PortKey, string>): number {
  for (let candidate = DYNAMIC_PORT_MIN; candidate <= DYNAMIC_PORT_MAX; candidate++)
    if (!bound.has(portKey(port.protocol, candidate))) return candidate;
  throw new SwarmError(
    "resourceExhausted",
    `no free ${port.protocol} port between ${DYNAMIC_PORT_MIN} and ${DYNAMIC_PORT_MAX} left on this host`,
  );
}
