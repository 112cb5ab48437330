import type { NetworkSpec } from "../../shared/objects/types.ts";

/** What people ask for of a network of one host. */
export function localSpec(name: string, part: Partial<NetworkSpec> = {}): NetworkSpec {
  return {
    annotations: { name, labels: {} },
    ...{
      ingress: false,
      internal: false,
      mtu: 0,
      attachable: false,
      ipv6: false,
      driver: "",
      options: {},
      subnets: [],
    },
    ...part,
  };
}
