import type { Labels } from "../../shared/objects/labels.ts";
import { driverOf } from "../../shared/objects/network.ts";
import type { Network, NetworkSpec } from "../../shared/rpc/gen/objects.ts";
import { isSame } from "../same.ts";
import { isOfStack } from "./names.ts";
import type { WantedNetwork } from "./translate/wanted.ts";

export type NetworkStep =
  | { readonly action: "create"; readonly spec: NetworkSpec }
  | { readonly action: "relabel"; readonly object: Network; readonly labels: Labels; readonly warning: string | null }
  | { readonly action: "keep"; readonly object: Network; readonly warning: string | null };

/** @returns a sentence when its name belongs to something else. */
export function planNetwork(
  { name, spec }: WantedNetwork,
  stack: string,
  networks: readonly Network[],
): NetworkStep | string {
  const object = networks.find((network) => networkName(network).toLowerCase() === name.toLowerCase());
  if (spec === null) {
    if (object === undefined)
      return `external network ${name} does not exist: create it with \`swarmctl network create ${name}\``;
    return { action: "keep", object, warning: null };
  }
  if (object === undefined) return { action: "create", spec };
  if (!isOfStack(stack, object.spec?.annotations?.labels))
    return `network ${name} exists already and is not of stack ${stack}: make it external, or give yours another name`;
  const warning = staysAsItIs(object, spec);
  const labels = spec.annotations?.labels ?? {};
  return isSame(labels, object.spec?.annotations?.labels)
    ? { action: "keep", object, warning }
    : { action: "relabel", object, labels, warning };
}

/** Only labels of a network can be changed; Docker does not say so. null = there is nothing else. */
function staysAsItIs(object: Network, wanted: NetworkSpec): string | null {
  const settings = ({ driver, internal, attachable, ipv6, options, subnets }: NetworkSpec) => ({
    ...{ driver: driverOf({ driver }), internal, attachable, IPv6: ipv6, options, subnets },
  });
  const [now, then] = [settings(object.spec ?? wanted), settings(wanted)];
  const changed = Object.entries(then).filter(([key, value]) => !isSame(value, now[key as keyof typeof now]));
  if (changed.length === 0) return null;
  return (
    `network ${networkName(object)} stays as it is, although the file changes its ${changed.map(([key]) => key).join(", ")}: ` +
    "only a network that is removed and made anew can have other settings"
  );
}

export function networkName({ id, spec }: Pick<Network, "id" | "spec">): string {
  return spec?.annotations?.name ?? id;
}
