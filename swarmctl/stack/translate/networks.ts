import type { ComposeNetwork, ComposeProject } from "../../../shared/compose/project.ts";
import { labelsOf } from "../../../shared/objects/labels.ts";
import type { NetworkSubnet } from "../../../shared/rpc/gen/objects.ts";
import { takeNewNetwork } from "../../../shared/spec-checks/validate-network.ts";
import { STACK_LABEL } from "../names.ts";
import type { Notes } from "./notes.ts";
import type { WantedNetwork } from "./wanted.ts";

/** Docker's driver option, whatever its value. */
const ENCRYPTED = "encrypted";

/** The networks of a file that a service is on; the others are not made, as in Docker. */
export function wantedNetworks(project: ComposeProject, stack: string, notes: Notes): readonly WantedNetwork[] {
  const used = new Set([...project.services.values()].flatMap(({ networks }) => [...networks.keys()]));
  return [...project.networks]
    .filter(([key]) => used.has(key))
    .map(([key, network]) => wantedNetwork(key, network, stack, notes));
}

function wantedNetwork(key: string, network: ComposeNetwork, stack: string, notes: Notes): WantedNetwork {
  const { name } = network;
  if (network.isExternal) return { key, name, spec: null };
  const at = ["networks", key];
  const { driver, options, pools } = network.ipam;
  if (driver !== null && driver !== "default")
    notes.unsupported([...at, "ipam", "driver"], `there is no ipam driver ${driver}: expected default`);
  if (options.size > 0)
    notes.unsupported([...at, "ipam", "options"], "ipam options are not supported: the swarm gives addresses itself");
  if (network.enableIpv4 === false)
    notes.unsupported([...at, "enable_ipv4"], "enable_ipv4: false is not supported: every network has IPv4 addresses");
  const subnets = pools.flatMap(({ subnet, ipRange, gateway, auxAddresses }): readonly NetworkSubnet[] => {
    if (subnet !== null)
      return [{ cidr: subnet, gateway: gateway ?? "", ipRange: ipRange ?? "", auxiliary: labelsOf([...auxAddresses]) }];
    if (gateway !== null || ipRange !== null || auxAddresses.size > 0)
      notes.wrong([...at, "ipam", "config"], `network ${key} has an address or a range without the subnet it lies in`);
    return [];
  });
  if (network.driverOptions.has(ENCRYPTED)) {
    const sentence = `network ${key}: traffic between hosts is not encrypted here: encrypt the network between them`;
    notes.unsupported([...at, "driver_opts", ENCRYPTED], sentence);
  }
  const spec = {
    annotations: { name, labels: labelsOf([...network.labels, [STACK_LABEL, stack]]) },
    ingress: false,
    internal: network.isInternal,
    mtu: 0,
    attachable: network.isAttachable,
    ipv6: network.enableIpv6 ?? false,
    driver: network.driver ?? "overlay",
    options: labelsOf([...network.driverOptions].filter(([option]) => option !== ENCRYPTED)),
    subnets,
  };
  // What managers would refuse, before anything is made.
  notes.attempt(at, () => takeNewNetwork(spec));
  return { key, name, spec };
}
