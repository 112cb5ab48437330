/** Network tables and tasks as the managers would send them, for tests of the worker's network part. */

import type { NetworkId, NodeId, TaskId } from "../../shared/ids.ts";
import type { Task } from "../../shared/objects/types.ts";
import type { NetworkTable } from "../../shared/rpc/gen/dispatcher.ts";
import type { PortConfig } from "../../shared/rpc/gen/objects.ts";
import type { Listener } from "../../worker/netlink/listeners.ts";
import { createSubnet, PLAIN_NETWORK } from "./objects.ts";

export const NETWORK_ID = "ingress".padEnd(25, "0");
const SERVICE_ID = "service".padEnd(25, "0");

/** node1, node2 ... as full ids. */
export function nodeIdOf(number: number): NodeId {
  return `node${number}`.padEnd(25, "0") as NodeId;
}

export function taskIdOf(name: string): TaskId {
  return name.padEnd(25, "x") as TaskId;
}

export interface TableHost {
  readonly nodeId: string;
  readonly name: string;
  /** Where VXLAN packets for it go. */
  readonly address: string;
  /** On the ingress network, without prefix length. */
  readonly ingressAddress: string;
  /** Default: false. */
  readonly carriesIpv6?: boolean;
}

/** Host N of the tests: 10.98.0.N outside, 10.0.0.(N+1) on the ingress network. */
export function hostOf(number: number): TableHost {
  return {
    nodeId: nodeIdOf(number),
    name: `host${number}`,
    address: `10.98.0.${number}`,
    ingressAddress: `10.0.0.${number + 1}`,
  };
}

export interface TableTask {
  readonly id: TaskId;
  readonly host: Pick<TableHost, "nodeId">;
  /** Default: 10.0.0.(10+N)/24 for a task called webN. */
  readonly address?: string;
  /** Default: READY. */
  readonly state?: NetworkTable["endpoints"][number]["state"];
}

export interface TableOptions {
  readonly tasks?: readonly TableTask[];
  /** Default: TCP 80 and UDP 53, to 8080 and 5353. */
  readonly ports?: readonly PortConfig[];
  readonly mtu?: number;
  readonly dataPathPort?: number;
  /** Blocks of IPv4 by which it has grown; default: none. */
  readonly moreSubnets?: readonly string[];
  /** The network's block of IPv6; default: none. */
  readonly subnet6?: string;
}

export function port(
  protocol: PortConfig["protocol"],
  publishedPort: number,
  targetPort: number,
  publishMode: PortConfig["publishMode"] = "INGRESS",
  hostIp = "",
): PortConfig {
  return { protocol, targetPort, publishedPort, publishMode, hostIp, localFirst: false };
}

/** A socket of a program of the host, on port `number`. */
export function listener(
  protocol: Listener["protocol"],
  number: number,
  address = "0.0.0.0",
  inode = number,
): Listener {
  return { protocol, port: number, address, inode };
}

export const WEB_PORTS: readonly PortConfig[] = [port("TCP", 80, 8080), port("UDP", 53, 5353)];

/** The ingress network with one service. */
export function ingressTable(hosts: readonly TableHost[], options: TableOptions = {}): NetworkTable {
  return {
    network: {
      id: NETWORK_ID,
      meta: null,
      spec: { annotations: null, ingress: true, ...PLAIN_NETWORK, mtu: options.mtu ?? 0 },
      vni: 4096,
      subnets: [
        createSubnet("10.0.0.0/24"),
        ...(options.subnet6 === undefined
          ? []
          : [{ cidr: options.subnet6, gateway: options.subnet6.replace("/64", "1"), ipRange: "", auxiliary: {} }]),
        ...(options.moreSubnets ?? []).map((cidr) => createSubnet(cidr)),
      ],
    },
    hosts: hosts.map(({ nodeId, name, address, ingressAddress, carriesIpv6 = false }) => ({
      nodeId,
      carriesIpv6,
      hostname: name,
      heard: true,
      dataPathAddress: address,
      address: `${ingressAddress}/24`,
    })),
    endpoints: (options.tasks ?? []).map(({ id, host, address, state }) => ({
      taskId: id,
      serviceId: SERVICE_ID,
      nodeId: host.nodeId,
      address: address ?? `10.0.0.${10 + Number(/\d+/.exec(id)?.[0])}/24`,
      address6: "",
      names: [],
      state: state ?? "READY",
    })),
    services: [
      {
        serviceId: SERVICE_ID,
        name: "web",
        virtualIp: "",
        virtualIp6: "",
        ports: [...(options.ports ?? WEB_PORTS)],
        aliases: [],
        stickySeconds: 0,
      },
    ],
    dataPathPort: options.dataPathPort ?? 4789,
  };
}

/** A task with as much as the network reads of it. */
export function networkTask(
  name: string,
  options: {
    readonly ingressAddress?: string;
    readonly ports?: readonly PortConfig[];
    /** Besides ingress. */
    readonly networks?: readonly {
      readonly networkId: string;
      readonly address: string;
      readonly address6?: string;
      readonly driver?: string;
    }[];
    readonly capabilityAdd?: readonly string[];
  } = {},
): Task {
  const { ingressAddress, ports, networks: own = [], capabilityAdd = [] } = options;
  const attach = (networkId: string, address: string, address6 = "", driver?: string): Task["networks"][number] => ({
    networkId: networkId as NetworkId,
    address,
    address6,
    ...(driver === undefined ? {} : { driver }),
    aliases: [],
  });
  const networks = [
    ...own.map(({ networkId, address, address6, driver }) => attach(networkId, address, address6, driver)),
    ...(ingressAddress === undefined ? [] : [attach(NETWORK_ID, ingressAddress)]),
  ];
  const spec = { container: { capabilityAdd } };
  const endpoint = { mode: "VIP", ports: ports ?? [], virtualIps: [] };
  return { id: taskIdOf(name), networks, endpoint, spec } as unknown as Task;
}
