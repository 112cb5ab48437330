/** Tables and tasks as the managers would send them. */
import type { TaskId } from "../../shared/ids.ts";
import type { PortConfig, Task } from "../../shared/objects/types.ts";
import type { NetworkTable } from "../../worker/ports/host-network.ts";
import type { LabHost } from "./network-lab.ts";

const NETWORK_ID = "ingress".padEnd(25, "0");
const SERVICE_ID = "service".padEnd(25, "0");

export interface TableOptions {
  readonly tasks?: readonly { readonly id: TaskId; readonly host: LabHost }[];
  readonly draining?: readonly TaskId[];
  readonly web?: number;
  readonly dns?: number;
  readonly target?: { readonly tcp: number; readonly udp: number };
}

/** The ingress network with one service; task `webN` has the address 10.0.0.(10+N). */
export function ingressTable(hosts: readonly LabHost[], options: TableOptions): NetworkTable {
  const port = (protocol: "TCP" | "UDP", targetPort: number, publishedPort: number): PortConfig => ({
    protocol,
    targetPort,
    publishedPort,
    publishMode: "INGRESS",
  });
  return {
    network: {
      id: NETWORK_ID,
      meta: null,
      spec: { annotations: null, ingress: true, subnet: "", internal: false, mtu: 0 },
      vni: 4096,
      subnet: "10.0.0.0/24",
      gateway: "10.0.0.1",
    },
    hosts: hosts.map(({ nodeId, name, address, ingressAddress }) => ({
      nodeId,
      hostname: name,
      dataPathAddress: address,
      address: `${ingressAddress}/24`,
    })),
    endpoints: (options.tasks ?? []).map(({ id, host }) => ({
      taskId: id,
      serviceId: SERVICE_ID,
      nodeId: host.nodeId,
      address: `10.0.0.${10 + Number(/\d+/.exec(id)?.[0])}/24`,
      state: options.draining?.includes(id) === true ? "DRAINING" : "READY",
    })),
    services: [
      {
        serviceId: SERVICE_ID,
        name: "web",
        virtualIp: "",
        ports: [
          port("TCP", options.target?.tcp ?? 0, options.web ?? 0),
          port("UDP", options.target?.udp ?? 0, options.dns ?? 0),
        ],
      },
    ],
    dataPathPort: 4789,
  };
}

/** A task with as much as the network reads of it. */
export function task(
  name: string,
  options: { readonly ingressAddress?: string; readonly ports?: readonly PortConfig[] } = {},
): Task {
  const networks =
    options.ingressAddress === undefined
      ? []
      : [{ networkId: NETWORK_ID, address: options.ingressAddress, aliases: [] }];
  return {
    id: name.padEnd(25, "x"),
    networks,
    endpoint: { mode: "VIP", ports: options.ports ?? [], virtualIps: [] },
  } as unknown as Task;
}
