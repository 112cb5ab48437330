import { SwarmError } from "../../shared/errors.ts";
import { hostIpsOverlap } from "../../shared/objects/host-ip.ts";
import type { PortConfig } from "../../shared/rpc/gen/objects.ts";

/** Where ports are chosen for host-mode ports that ask for none: the kernel's own ephemeral range. */
export const DYNAMIC_PORT_MIN = 32_768;
export const DYNAMIC_PORT_MAX = 60_999;

/** A transport port of the host, e.g. `tcp/8080`. */
export type PortKey = string;

export function portKey(protocol: PortConfig["protocol"], port: number): PortKey {
  return `${protocol.toLowerCase()}/${port}`;
}

/** A port of the host that somebody has. */
export interface TakenPort {
  readonly key: PortKey;
  /** At which addresses: as a port's `hostIp`. */
  readonly hostIp: string;
  /** Who, for the refusal. */
  readonly by: string;
}

/**
 * Host-mode ports with the numbers they get.
 * @throws SwarmError failedPrecondition when a wanted port is taken, resourceExhausted when no dynamic port is left.
 */
export function bindHostPorts(wanted: readonly PortConfig[], taken: readonly TakenPort[]): readonly PortConfig[] {
  const bound = new Map<PortKey, readonly TakenPort[]>();
  const bind = (port: TakenPort): void => void bound.set(port.key, [...(bound.get(port.key) ?? []), port]);
  for (const port of taken) bind(port);
  return wanted.map((port) => {
    const publishedPort = port.publishedPort === 0 ? freePort(port, bound) : port.publishedPort;
    const key = portKey(port.protocol, publishedPort);
    const owner = bound.get(key)?.find(({ hostIp }) => hostIpsOverlap(hostIp, port.hostIp));
    if (owner !== undefined)
      throw new SwarmError("failedPrecondition", `host port ${key} is already in use by ${owner.by} on this host`);
    bind({ key, hostIp: port.hostIp, by: "another port of the same task" });
    return { ...port, publishedPort };
  });
}

function freePort(port: PortConfig, bound: ReadonlyMap<PortKey, unknown>): number {
  for (let candidate = DYNAMIC_PORT_MIN; candidate <= DYNAMIC_PORT_MAX; candidate++)
    if (!bound.has(portKey(port.protocol, candidate))) return candidate;
  throw new SwarmError(
    "resourceExhausted",
    `no free ${port.protocol} port between ${DYNAMIC_PORT_MIN} and ${DYNAMIC_PORT_MAX} left on this host`,
  );
}
