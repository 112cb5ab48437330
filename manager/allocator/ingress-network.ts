import { createId, type NetworkId } from "../../shared/ids.ts";
import type { Network } from "../../shared/objects/types.ts";
import type { Random } from "../../shared/ports/random.ts";

/** The one network that carries published ports. */
const INGRESS_NAME = "ingress";
/**
 * Room for 4,094 hosts and tasks with published ports; Docker's /24 is full at 254, the first thing large swarms hit.
 * First of the default pool 10.0.0.0/8, as Docker's.
 */
const INGRESS_SUBNET = "10.0.0.0/20";
/** The same address on every host: a task's way out is always the host it runs on. */
const INGRESS_GATEWAY = "10.0.0.1";
/** First of Docker's range of overlay numbers, 4096..16777215. */
const INGRESS_VNI = 4_096;

/** The ingress network of a new cluster: whole from the beginning, since every node's first address is on it. */
export function createIngressNetwork(random: Random): Network {
  return {
    id: createId<NetworkId>(random),
    // The store writes the real one on apply.
    meta: { version: 0, createdAtMs: 0, updatedAtMs: 0 },
    spec: {
      annotations: { name: INGRESS_NAME, labels: {} },
      ingress: true,
      internal: false,
      mtu: 0,
      attachable: false,
      ipv6: false,
      driver: "overlay",
      options: {},
      subnets: [],
    },
    vni: INGRESS_VNI,
    subnets: [{ cidr: INGRESS_SUBNET, gateway: INGRESS_GATEWAY, ipRange: "" }],
  };
}
