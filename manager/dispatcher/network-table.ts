import { isDeepStrictEqual } from "node:util";
import { isFinal, rankOf } from "../../shared/objects/task-state.ts";
import type { Network, Node, Service, Task } from "../../shared/objects/types.ts";
import type { NetworkEndpoint, NetworkHost, NetworkService, NetworkTable } from "../../shared/rpc/gen/dispatcher.ts";
import type { ReadView } from "../store/store-types.ts";
import { isolate, type Trouble } from "../trouble.ts";

/**
 * The complete table of each network that is ready to be used, by network id. The same for every host that takes part,
 * so it is made once for all of them. A network without its number or subnet waits for the allocator; an object over
 * which this fails has no line.
 */
export function networkTables(view: ReadView, troubles: Trouble[]): ReadonlyMap<string, NetworkTable> {
  const tables = new Map<string, NetworkTable>();
  const networks = view.all("network").filter((network) => network.vni !== 0 && network.subnets.length > 0);
  if (networks.length === 0) return tables;
  const nodes = view.all("node");
  const each = <T extends { readonly id: string }, Line>(
    kind: string,
    objects: readonly T[],
    line: (object: T) => Line[],
  ): Line[] => objects.flatMap((object) => isolate(troubles, `${kind} ${object.id}`, () => line(object), []));
  const alive = new Map(nodes.filter((node) => node.status.state !== "DOWN").map((node) => [node.id as string, node]));
  const services = view.all("service");
  const tasks = view.all("task").filter((task) => alive.has(task.nodeId));
  const dataPathPort = view.cluster().dataPathPort;
  for (const network of networks) {
    tables.set(network.id, {
      network,
      hosts: each("node", nodes, (node) => hostOn(network, node)),
      endpoints: each("task", tasks, (task) => endpointOn(network, task)),
      services: each("service", services, (service) => serviceOn(network, service)),
      dataPathPort,
    });
  }
  return tables;
}

/** `made`, with the old object in place of each table that says the same. */
export function keepSameTables(
  old: ReadonlyMap<string, NetworkTable>,
  made: ReadonlyMap<string, NetworkTable>,
): ReadonlyMap<string, NetworkTable> {
  const keep = (id: string, table: NetworkTable): NetworkTable => {
    const before = old.get(id);
    return before !== undefined && isSameTable(before, table) ? before : table;
  };
  return new Map([...made].map(([id, table]) => [id, keep(id, table)]));
}

// The network object's own version says nothing to a host.
function isSameTable(a: NetworkTable, b: NetworkTable): boolean {
  const essence = (table: NetworkTable): unknown => ({ ...table, network: { ...table.network, meta: null } });
  return isDeepStrictEqual(essence(a), essence(b));
}

// A host that is down stays in the table: when it returns its tunnel is there already, and without endpoints nothing
// is sent to it.
function hostOn(network: Network, node: Node): NetworkHost[] {
  const address = addressOn(network, node.attachments);
  const dataPathAddress = node.description?.dataPathAddress ?? "";
  if (address === null || dataPathAddress === "") return [];
  return [
    { nodeId: node.id, dataPathAddress, address, hostname: node.description?.hostname ?? "", heard: isHeard(node) },
  ];
}

/** Whether its session speaks: then it is there for traffic, even if its gossip is not heard, by a firewall's rule. */
export function isHeard({ status }: Node): boolean {
  return status.state === "READY" || (status.state === "DISCONNECTED" && status.silentSinceMs === 0);
}

function endpointOn(network: Network, task: Task): NetworkEndpoint[] {
  const address = addressOn(network, task.networks);
  const state = endpointState(task);
  if (address === null || state === null) return [];
  const { id: taskId, serviceId, nodeId } = task;
  return [{ taskId, serviceId, nodeId, address, address6: "", names: [], state }];
}

function serviceOn(network: Network, service: Service): NetworkService[] {
  const virtualIp = service.endpoint?.virtualIps.find((vip) => vip.networkId === network.id)?.address ?? "";
  const ports = network.spec.ingress
    ? (service.endpoint?.ports ?? []).filter((port) => port.publishMode === "INGRESS" && port.publishedPort !== 0)
    : [];
  if (virtualIp === "" && ports.length === 0) return [];
  const name = service.spec.annotations.name;
  const only4 = { virtualIp: virtualIp.split("/")[0] ?? "", virtualIp6: "" };
  return [{ serviceId: service.id, name, ...only4, ports, aliases: [], stickySeconds: 0 }];
}

/** What the routing does with a task's address; null = it has no place in a table (not on a host yet, or over). */
export function endpointState(task: Task): NetworkEndpoint["state"] | null {
  if (rankOf(task.status.state) < rankOf("ASSIGNED") || isFinal(task.status.state)) return null;
  // A job's tasks are wanted up to COMPLETE.
  if (rankOf(task.desiredState) > rankOf("COMPLETE")) return "DRAINING";
  return task.status.state === "RUNNING" ? "READY" : "PENDING";
}

function addressOn(network: Network, attachments: Task["networks"] | Node["attachments"]): string | null {
  const address = attachments.find((attachment) => attachment.networkId === network.id)?.address ?? "";
  return address === "" ? null : address;
}
