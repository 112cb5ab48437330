import type { ServiceSpec } from "../../shared/objects/types.ts";
import type { Endpoint, PortConfig } from "../../shared/rpc/gen/objects.ts";
import { sameData } from "./same-data.ts";

/** Whether what was allocated satisfies the endpoint spec; a published port left open may have any number. */
export function servesEndpoint(endpoint: Endpoint, spec: ServiceSpec): boolean {
  const ports = spec.endpoint?.ports ?? [];
  if (endpoint.mode !== (spec.endpoint?.mode ?? "VIP") || endpoint.ports.length !== ports.length) return false;
  return ports.every((port, at) => {
    const has = endpoint.ports[at];
    if (has === undefined || (isIngress(port) && has.publishedPort === 0)) return false;
    const publishedPort = port.publishedPort === 0 ? has.publishedPort : port.publishedPort;
    return sameData(has, { ...port, publishedPort });
  });
}

/**
 * The endpoint of a service that publishes nothing and is on no network, so that nothing has to be allocated for it: it
 * is created with that, which spares each such service a second write. null = the allocator gives it one.
 */
export function endpointOfNothing(spec: ServiceSpec): Endpoint | null {
  const asksForSomething = (spec.endpoint?.ports.length ?? 0) > 0 || spec.task.networks.length > 0;
  return asksForSomething ? null : { mode: spec.endpoint?.mode ?? "VIP", ports: [], virtualIps: [] };
}

/**
 * Whether a task can serve the spec's ports as it is: it has the spec's host ports, which it is placed by and keeps for
 * its whole life. Ports of the mesh come and go while it runs.
 */
export function canServePorts({ ports }: Endpoint, spec: ServiceSpec): boolean {
  const wanted = spec.endpoint?.ports ?? [];
  const ofHost = (all: readonly PortConfig[]): readonly PortConfig[] => all.filter((port) => !isIngress(port));
  return sameData(ofHost(ports), ofHost(wanted));
}

/** Published on every host through the routing mesh, by a number that is the service's own in the whole cluster. */
export const isIngress = (port: PortConfig): boolean => port.publishMode === "INGRESS";
