import { createId, type NetworkId } from "../../shared/ids.ts";
import { formatBlock, type IpBlock } from "../../shared/ip-block.ts";
import { PREDEFINED_NETWORKS, VNI_MIN } from "../../shared/objects/network.ts";
import type { Cluster, Network, NetworkSpec } from "../../shared/objects/types.ts";
import type { Random } from "../../shared/ports/random.ts";
import type { WriteTx } from "../store/store-types.ts";
import { chooseIngressBlock, poolsOf } from "./block-pool.ts";
import { toSubnet } from "./network-book.ts";

/** The one network that carries published ports. */
const INGRESS_NAME = "ingress";

const PLAIN: Omit<NetworkSpec, "annotations"> = {
  ingress: false,
  internal: false,
  mtu: 0,
  attachable: false,
  ipv6: false,
  driver: "overlay",
  options: {},
  subnets: [],
};

/** A new cluster's networks, and what people should know of them. */
export interface FirstNetworks {
  readonly networks: readonly Network[];
  readonly warnings: readonly string[];
}

/**
 * The networks of a new cluster. Ingress is whole from the beginning, since every node's first address is on it. Its
 * block is the first of the pools that none of the first host's `routes` overlaps: on top of one of them, the host
 * would lose the way to what is behind it.
 */
export function createFirstNetworks(cluster: Cluster, routes: readonly IpBlock[], random: Random): FirstNetworks {
  const { pools } = poolsOf(cluster);
  const usual = chooseIngressBlock(pools, []);
  const block = chooseIngressBlock(pools, routes) ?? usual;
  const spec = { ...PLAIN, annotations: { name: INGRESS_NAME, labels: {} }, ingress: true };
  const ingress = {
    ...createNetworkObject(spec, random),
    vni: VNI_MIN,
    subnets: block === null ? [] : [toSubnet(block)],
  };
  const moved =
    block === null || usual === null || block.first === usual.first
      ? []
      : [
          `The ingress network has the addresses ${formatBlock(block)}: ${formatBlock(usual)} would overlap with a network that this host reaches.`,
        ];
  return {
    networks: [ingress, ...[...PREDEFINED_NETWORKS.keys()].map((name) => createPredefined(name, random))],
    warnings: moved,
  };
}

/** Makes those of the predefined networks that are not there: an earlier release's store has none of them. */
export function addMissingNetworks(tx: WriteTx, random: Random): void {
  for (const name of PREDEFINED_NETWORKS.keys()) {
    if (tx.byName("network", name) === undefined) tx.create("network", createPredefined(name, random));
  }
}

function createPredefined(name: string, random: Random): Network {
  const driver = PREDEFINED_NETWORKS.get(name) ?? "";
  return createNetworkObject({ ...PLAIN, annotations: { name, labels: {} }, driver }, random);
}

function createNetworkObject(spec: NetworkSpec, random: Random): Network {
  // The store writes the real meta on apply.
  const meta = { version: 0, createdAtMs: 0, updatedAtMs: 0 };
  return { id: createId<NetworkId>(random), meta, spec, vni: 0, subnets: [] };
}
