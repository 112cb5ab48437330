import { ID_LENGTH } from "../ids.ts";
import type { LocalNetwork } from "../rpc/gen/networks.ts";
import type { Network } from "../rpc/gen/objects.ts";
import { PREDEFINED_NETWORKS } from "./network.ts";

/** A network of one host in the form of those of a swarm. */
export function asNetwork({ id, createdAtMs, spec, subnets }: Omit<LocalNetwork, "members" | "users">): Network {
  return { id, meta: { version: 0, createdAtMs, updatedAtMs: createdAtMs }, spec, vni: 0, subnets };
}

/** Those that every host has, where no swarm tells of them. */
export function predefinedNetworks(): readonly Network[] {
  return [...PREDEFINED_NETWORKS].map(([name, driver]) => ({
    ...{ id: name.padEnd(ID_LENGTH, "0"), meta: null, vni: 0, subnets: [] },
    spec: {
      annotations: { name, labels: {} },
      ...{ ingress: false, internal: false, mtu: 0, attachable: false, ipv6: false, driver, options: {}, subnets: [] },
    },
  }));
}
