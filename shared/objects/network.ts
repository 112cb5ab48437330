import type { NetworkSubnet, Network as WireNetwork } from "../rpc/gen/objects.ts";

/** The first IPv4 block of a network, where its oldest addresses are; null while it has none. */
export function firstSubnet(network: Pick<WireNetwork, "subnets">): NetworkSubnet | null {
  return network.subnets.find(({ cidr }) => !cidr.includes(":")) ?? null;
}
