/** Network tables made from nothing, at whatever cost: what those that are kept up to date must equal. */

import { isDeepStrictEqual } from "node:util";
import {
  endpointLine,
  endpointState,
  hasAddress,
  hostLine,
  isCarried,
  serviceLine,
} from "../../manager/dispatcher/table-lines.ts";
import type { ReadView } from "../../manager/store/store-types.ts";
import type { NodeId } from "../../shared/ids.ts";
import type { Network } from "../../shared/objects/types.ts";
import type { NetworkTable } from "../../shared/rpc/gen/dispatcher.ts";
import { orderedTable } from "../../worker/ports/table-lines.ts";

export function naiveTable(view: ReadView, network: Network): NetworkTable {
  const tasks = view.all("task").filter((task) => endpointState(task) !== null);
  const services = view.all("service");
  const nodes = view.all("node").filter((node) => takesPart(view, network, node.id));
  const alive = new Map(view.all("node").map((node) => [node.id, node]));
  const linesOf = <T, Line>(objects: readonly T[], line: (object: T) => Line | null): Line[] =>
    objects.flatMap((object) => line(object) ?? []);
  return orderedTable({
    network,
    hosts: linesOf(nodes, (node) => hostLine(network, node)),
    endpoints: linesOf(tasks, (task) => {
      const node = alive.get(task.nodeId as NodeId);
      return node === undefined || node.status.state === "DOWN" ? null : endpointLine(network, task, node);
    }),
    services: linesOf(services, (service) => serviceLine(network, service)),
    dataPathPort: view.cluster().dataPathPort,
  });
}

/** Whether the tables of both, in whatever order, say the same: networks' versions and decoding's classes aside. */
export function isSameTables(one: readonly NetworkTable[], other: readonly NetworkTable[]): boolean {
  const essence = (tables: readonly NetworkTable[]): unknown => {
    const byId = tables.map((table) => [table.network?.id, { ...table, network: { ...table.network, meta: null } }]);
    return JSON.parse(JSON.stringify(Object.fromEntries(byId)));
  };
  return isDeepStrictEqual(essence(one), essence(other));
}

/** The tables a node should have. */
export function naiveTables(view: ReadView, nodeId: NodeId): readonly NetworkTable[] {
  const networks = view.all("network").filter((network) => isCarried(network) && takesPart(view, network, nodeId));
  return networks.map((network) => naiveTable(view, network));
}

function takesPart(view: ReadView, network: Network, nodeId: NodeId): boolean {
  const node = view.get("node", nodeId);
  if (node === undefined) return false;
  const isOn = (attachments: readonly { networkId: string; address: string; address6: string }[]): boolean =>
    attachments.some((one) => one.networkId === network.id && hasAddress(one as never));
  if (network.spec.ingress) return isOn(node.attachments);
  return view.tasksOfNode(nodeId).some((task) => endpointState(task) !== null && isOn(task.networks));
}
