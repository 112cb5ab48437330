import { containerHostname, isContainerHostname } from "../../shared/objects/hostname.ts";
import { scopeOf } from "../../shared/objects/network.ts";
import { slotName, taskName } from "../../shared/objects/task-name.ts";
import { isFinal, rankOf } from "../../shared/objects/task-state.ts";
import type { Guest, Network, Node, Service, Task } from "../../shared/objects/types.ts";
import type { NetworkEndpoint, NetworkHost, NetworkService } from "../../shared/rpc/gen/dispatcher.ts";
import { fillContainer } from "../../shared/template/task-template.ts";

/** Hosts carry it: the allocator is done with it. */
export function isCarried(network: Network): boolean {
  return (network.vni !== 0 || scopeOf(network.spec) === "local") && network.subnets.length > 0;
}

/** The host's line in a network it takes part in; null = nothing can be sent to it: it has not said where. */
export function hostLine(network: Network, node: Node): NetworkHost | null {
  const dataPathAddress = node.description?.dataPathAddress ?? "";
  const address = attachmentOn(network, node.attachments)?.address ?? "";
  if (dataPathAddress === "" || (network.spec.ingress && address === "")) return null;
  return {
    nodeId: node.id,
    dataPathAddress,
    address,
    hostname: node.description?.hostname ?? "",
    heard: isHeard(node),
    carriesIpv6: network.spec.ingress && node.description?.carriesIpv6 === true,
  };
}

/** Whether its session speaks: then it is there for traffic, even if its gossip is not heard, by a firewall's rule. */
function isHeard({ status }: Node): boolean {
  return status.state === "READY" || (status.state === "DISCONNECTED" && status.silentSinceMs === 0);
}

/** The task's line; null = it has no address on the network, or no place in a table. `node`: where it runs. */
export function endpointLine(network: Network, task: Task, node: Node): NetworkEndpoint | null {
  const attachment = attachmentOn(network, task.networks);
  const state = endpointState(task);
  if (attachment === null || state === null) return null;
  const { id: taskId, serviceId, nodeId } = task;
  const { address, address6 } = attachment;
  // Nobody asks for names on the ingress network, which has every published task of the cluster.
  const names = network.spec.ingress ? [] : namesOf(task, node);
  return { taskId, serviceId, nodeId, address, address6, names, state };
}

/** The line of an own container of a host: it is there for others from its start on. */
export function guestLine({ containerId: taskId, nodeId, address, address6, names }: Guest): NetworkEndpoint {
  return { taskId, serviceId: "", nodeId, address, address6, names, state: "READY" };
}

/** Networks on which a task has an address while it has a place in their tables. */
export function networksOf(task: Task): readonly string[] {
  if (endpointState(task) === null) return [];
  return task.networks.filter(hasAddress).map(({ networkId }) => networkId);
}

/** What the routing does with a task's address; null = it has no place in a table (not on a host yet, or over). */
export function endpointState(task: Task): NetworkEndpoint["state"] | null {
  if (rankOf(task.status.state) < rankOf("ASSIGNED") || isFinal(task.status.state)) return null;
  // A job's tasks are wanted up to COMPLETE.
  if (rankOf(task.desiredState) > rankOf("COMPLETE")) return "DRAINING";
  // A worker says RUNNING only once the container's health check has passed.
  return task.status.state === "RUNNING" ? "READY" : "PENDING";
}

/** The names of this task alone. A host name that its worker will refuse is none. */
function namesOf(task: Task, node: Node): string[] {
  const own = containerHostname(askedHostname(task, node), task.id);
  return [...new Set([taskName(task), slotName(task), ...(isContainerHostname(own) ? [own] : [])])];
}

function askedHostname(task: Task, { description }: Node): string {
  const { container } = task.spec;
  if (!container.hostname.includes("{{")) return container.hostname;
  const hostname = description?.hostname ?? "";
  const platform = description?.platform ?? { architecture: "", os: "" };
  try {
    return fillContainer({ ...container, env: [], mounts: [] }, task, { hostname, platform }).hostname;
  } catch {
    return "";
  }
}

/** The service's line; null = it is not on the network. */
export function serviceLine(network: Network, service: Service): NetworkService | null {
  const wish = service.spec.task.networks.find(({ target }) => target === network.id);
  const virtualIp = service.endpoint?.virtualIps.find(({ networkId }) => networkId === network.id);
  const ports = network.spec.ingress
    ? (service.endpoint?.ports ?? []).filter((port) => port.publishMode === "INGRESS" && port.publishedPort !== 0)
    : [];
  if (wish === undefined && virtualIp === undefined && ports.length === 0) return null;
  return {
    serviceId: service.id,
    name: service.spec.annotations.name,
    virtualIp: withoutLength(virtualIp?.address),
    virtualIp6: withoutLength(virtualIp?.address6),
    ports,
    aliases: [...(wish?.aliases ?? [])],
    // In earlier versions' specs there is none.
    stickySeconds: Math.ceil((service.spec.endpoint?.stickyMs ?? 0) / 1_000),
  };
}

/** Networks a service may have a line on, but for ingress. */
export function networksOfService({ spec, endpoint }: Service): readonly string[] {
  const ids = spec.task.networks.map(({ target }) => target);
  for (const { networkId } of endpoint?.virtualIps ?? []) if (!ids.includes(networkId)) ids.push(networkId);
  return ids;
}

type Attachments = Task["networks"] | Node["attachments"];

function attachmentOn(network: Network, attachments: Attachments): Attachments[number] | null {
  return attachments.find((attachment) => attachment.networkId === network.id && hasAddress(attachment)) ?? null;
}

/** The allocator has given it one. */
export function hasAddress({ address, address6 }: Pick<Attachments[number], "address" | "address6">): boolean {
  return address !== "" || address6 !== "";
}

function withoutLength(address = ""): string {
  return address.split("/")[0] ?? "";
}
