/** Tables of user networks as the managers would send them, and tasks of one host on them. */
import type { TaskId } from "../../shared/ids.ts";
import type { NetworkTable } from "../../shared/rpc/gen/dispatcher.ts";
import type { LocalTask } from "../../worker/network/user-network/local-task.ts";
import { createSubnet, PLAIN_NETWORK } from "./objects.ts";

type Endpoint = NetworkTable["endpoints"][number];
type Service = NetworkTable["services"][number];

export function wireId(name: string): string {
  return name.padEnd(25, "0");
}

export interface UserTableOptions {
  readonly name?: string;
  /** Host N is nodeN and sends from 10.98.0.N. Default: 3. */
  readonly hosts?: number;
  /** Instead of 10.98.0.N. */
  readonly dataPathAddress?: (host: number) => string;
  readonly vni?: number;
  /** Default: 10.5.0.0/24, and fd00:5::/64. */
  readonly blocks?: readonly { readonly cidr: string; readonly gateway: string }[];
  readonly mtu?: number;
  readonly internal?: boolean;
  /** Default: overlay. */
  readonly driver?: string;
  readonly endpoints?: readonly Endpoint[];
  readonly services?: readonly Service[];
}

export function userTable(options: UserTableOptions = {}): NetworkTable {
  const { name = "blue", hosts = 3, dataPathAddress = (host) => `10.98.0.${host}` } = options;
  const blocks = options.blocks ?? [
    { cidr: "10.5.0.0/24", gateway: "10.5.0.1" },
    { cidr: "fd00:5::/64", gateway: "fd00:5::1" },
  ];
  return {
    network: {
      id: wireId(name),
      meta: null,
      spec: {
        annotations: { name, labels: {} },
        ingress: false,
        ...PLAIN_NETWORK,
        mtu: options.mtu ?? 0,
        internal: options.internal ?? false,
        driver: options.driver ?? "",
      },
      vni: options.vni ?? 4097,
      subnets: blocks.map(({ cidr, gateway }) => createSubnet(cidr, gateway)),
    },
    hosts: Array.from({ length: hosts }, (_, at) => ({
      nodeId: wireId(`node${at + 1}`),
      dataPathAddress: dataPathAddress(at + 1),
      address: "",
      hostname: `host${at + 1}`,
      heard: true,
      carriesIpv6: false,
    })),
    endpoints: [...(options.endpoints ?? [])],
    services: [...(options.services ?? [])],
    dataPathPort: 4789,
  };
}

/** Task `NAME` of a service on host N, at 10.5.0.LAST and fd00:5::LAST. */
export function userEndpoint(
  name: string,
  service: string,
  host: number,
  last: number,
  part: Partial<Endpoint> = {},
): Endpoint {
  return {
    taskId: wireId(name),
    serviceId: wireId(service),
    nodeId: wireId(`node${host}`),
    address: `10.5.0.${last}/24`,
    address6: `fd00:5::${last}/64`,
    names: [],
    state: "READY",
    ...part,
  };
}

/** A service with the virtual addresses 10.5.0.LAST and fd00:5::LAST. */
export function userService(name: string, last: number, part: Partial<Service> = {}): Service {
  return {
    serviceId: wireId(name),
    name,
    virtualIp: `10.5.0.${last}`,
    virtualIp6: `fd00:5::${last}`,
    ports: [],
    aliases: [],
    stickySeconds: 0,
    ...part,
  };
}

/** The endpoint's task as its own host has it. */
export function localTask({ taskId, address, address6 }: Endpoint): LocalTask {
  return {
    taskId: taskId as TaskId,
    namespacePath: `/run/swarm/netns/swarm-${taskId.slice(0, 12)}`,
    interfaceName: "eth0",
    link: `swn-${taskId.slice(0, 11)}`,
    cidrs: { ipv4: address === "" ? null : address, ipv6: address6 === "" ? null : address6 },
  };
}
