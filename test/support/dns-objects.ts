/** Tables of networks with names, tasks that see them, and messages, for tests of the DNS server. */
import { encode, type RecordType } from "dns-packet";
import type { TaskId } from "../../shared/ids.ts";
import type { Task } from "../../shared/objects/types.ts";
import type { NetworkEndpoint, NetworkService, NetworkTable } from "../../shared/rpc/gen/dispatcher.ts";
import { createAnnotations, createSubnet, PLAIN_NETWORK } from "./objects.ts";

export function idOf(name: string): string {
  return name.padEnd(25, "0");
}

export interface NamedTableOptions {
  readonly subnets?: readonly string[];
  readonly services?: readonly NetworkService[];
  readonly endpoints?: readonly NetworkEndpoint[];
}

export function namedTable(name: string, options: NamedTableOptions = {}): NetworkTable {
  return {
    network: {
      id: idOf(name),
      meta: null,
      spec: { annotations: createAnnotations(name), ingress: false, ...PLAIN_NETWORK },
      vni: 4100,
      subnets: (options.subnets ?? []).map((cidr) => createSubnet(cidr)),
    },
    hosts: [],
    endpoints: options.endpoints ?? [],
    services: options.services ?? [],
    dataPathPort: 4789,
  };
}

export function namedService(name: string, part: Partial<NetworkService> = {}): NetworkService {
  return {
    serviceId: idOf(name),
    name,
    virtualIp: "",
    virtualIp6: "",
    ports: [],
    aliases: [],
    stickySeconds: 0,
    ...part,
  };
}

/** Of the service that its id begins with: `web1` is `web.1`. */
export function namedEndpoint(task: string, address: string, part: Partial<NetworkEndpoint> = {}): NetworkEndpoint {
  const [, service = task, slot = ""] = /^(.*?)(\d+)$/.exec(task) ?? [];
  return {
    taskId: idOf(task),
    serviceId: idOf(service),
    nodeId: idOf("node1"),
    address,
    address6: "",
    state: "READY",
    names: [`${service}.${slot}.${idOf(task)}`, `${service}.${slot}`],
    ...part,
  };
}

export function tasksOn(networks: Readonly<Record<string, readonly string[]>>): ReadonlyMap<TaskId, Task> {
  return new Map(
    Object.entries(networks).map(([name, attached]) => {
      const id = idOf(name) as TaskId;
      const task = {
        id,
        spec: { container: { dns: null } },
        networks: attached.map((network) => ({
          networkId: idOf(network),
          address: "",
          address6: "",
          aliases: [],
        })),
      };
      return [id, task as unknown as Task];
    }),
  );
}

export interface QueryParts {
  readonly id?: number;
  /** Bytes of a UDP answer that the client takes; absent = no EDNS. */
  readonly payloadBytes?: number;
}

export function queryBytes(name: string, type: RecordType, parts: QueryParts = {}): Uint8Array {
  return encode({
    type: "query",
    id: parts.id ?? 4711,
    flags: 0x0100,
    questions: [{ name, type }],
    additionals:
      parts.payloadBytes === undefined
        ? []
        : [
            {
              type: "OPT",
              name: ".",
              udpPayloadSize: parts.payloadBytes,
              extendedRcode: 0,
              ednsVersion: 0,
              flags: 0,
              flag_do: false,
              options: [],
            },
          ],
  });
}
