import type { Guest, Network, Node } from "../../shared/objects/types.ts";
import { NO_META, testId } from "./objects.ts";

/** An own container of a host, on a network. */
export function createGuest(id: string, network: Network, node: Node, part: Partial<Guest> = {}): Guest {
  return {
    id: testId<Guest["id"]>(id),
    meta: NO_META,
    nodeId: node.id,
    networkId: network.id,
    containerId: Buffer.from(id).toString("hex").padEnd(64, "0"),
    names: [id],
    ...{ wished: "", wished6: "", insists: false, address: "", address6: "", err: "" },
    ...part,
  };
}
