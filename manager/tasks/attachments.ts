import type { NetworkId } from "../../shared/ids.ts";
import { driverOf, hasAddresses } from "../../shared/objects/network.ts";
import type { Network, NetworkAttachment, Service, Task, TaskSpec } from "../../shared/objects/types.ts";
import type { Endpoint } from "../../shared/rpc/gen/objects.ts";
import type { ReadView } from "../store/store-types.ts";
import { isIngress, servesEndpoint } from "./endpoint.ts";
import { sameData } from "./same-data.ts";

/** A network that a task should be on. */
export interface WantedAttachment {
  readonly networkId: NetworkId;
  readonly aliases: readonly string[];
  /** undefined = the network is gone. */
  readonly network: Network | undefined;
}

/** The network that carries published ports, if there is one. */
export function ingressOf(view: ReadView): Network | undefined {
  return view.all("network").find(({ spec }) => spec.ingress);
}

/** Where a spec's tasks belong: ingress first where ports are published through it, then what people chose. */
export function wantedAttachments(
  view: ReadView,
  spec: TaskSpec,
  endpoint: Endpoint,
  ingress: Network | undefined,
): readonly WantedAttachment[] {
  const chosen = spec.networks.map(({ target, aliases }): WantedAttachment => {
    const networkId = target as NetworkId;
    return { networkId, aliases, network: view.get("network", networkId) };
  });
  if (ingress === undefined || !endpoint.ports.some(isIngress)) return chosen;
  return [{ networkId: ingress.id, aliases: [], network: ingress }, ...chosen];
}

/** Whether what a task has on a network is what it should have. */
export function isAttached(
  has: NetworkAttachment | undefined,
  { networkId, aliases, network }: WantedAttachment,
): boolean {
  return (
    has?.networkId === networkId &&
    network !== undefined &&
    sameData(has.aliases, aliases) &&
    (!hasAddresses(network.spec) || has.address !== "")
  );
}

/** Whether a task is on the networks, and has the ports, that its service's present spec and endpoint say. */
export function isConnected(view: ReadView, task: Task, service: Service, ingress: Network | undefined): boolean {
  const { endpoint } = service;
  if (endpoint === null || !sameData(task.endpoint, endpoint)) return false;
  if (!sameData(task.spec.networks, service.spec.task.networks)) return false;
  const wanted = wantedAttachments(view, service.spec.task, endpoint, ingress);
  return wanted.length === task.networks.length && wanted.every((each, at) => isAttached(task.networks[at], each));
}

/** Networks on which a service has a virtual address: none when its names stand for its tasks' addresses. */
export function networksWithVirtualIp(view: ReadView, { spec }: Service): readonly NetworkId[] {
  if (spec.endpoint?.mode === "DNSRR") return [];
  return spec.task.networks.flatMap(({ target }) => {
    const network = view.get("network", target);
    return network !== undefined && hasAddresses(network.spec) ? [network.id] : [];
  });
}

/** Whether a service has the ports and the virtual addresses that its spec asks for. */
export function isServed(view: ReadView, service: Service): boolean {
  const { endpoint, spec } = service;
  if (endpoint === null || !servesEndpoint(endpoint, spec)) return false;
  const has = endpoint.virtualIps.map(({ networkId }) => networkId);
  return sameData(has, networksWithVirtualIp(view, service));
}

/**
 * What a task's network is made of on its host, which cannot be changed while it runs: a namespace of its own, the
 * host's, or one with nothing in it.
 */
export function namespaceOf(view: ReadView, { networks }: TaskSpec): "own" | "host" | "none" {
  for (const { target } of networks) {
    const network = view.get("network", target);
    const driver = network === undefined ? "overlay" : driverOf(network.spec);
    if (driver === "host") return "host";
    if (driver === "null") return "none";
  }
  return "own";
}
