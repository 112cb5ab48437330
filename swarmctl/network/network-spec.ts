import { blockContains, hostBlock, type IpBlock, toBlock } from "../../shared/ip-block.ts";
import { labelsOf } from "../../shared/objects/labels.ts";
import type { NetworkSpec, NetworkSubnet } from "../../shared/rpc/gen/objects.ts";
import type { Flags } from "../flags.ts";
import type { OptionName } from "../option-spec.ts";
import { usageError } from "../parse/usage.ts";
import { parseLabels } from "../parse/words.ts";
import type { CREATE_OPTIONS } from "./options.ts";

/** Flags of Docker's that mean nothing here, with why. */
const REFUSED = {
  ipamOpt: "--ipam-opt is not supported: the swarm gives addresses itself and has no options for it",
  configOnly: "--config-only is not supported: give the whole configuration to each network that is made",
  configFrom: "--config-from is not supported: give the whole configuration to each network that is made",
} as const;

/** The network that `network create OPTIONS NAME` asks for. @throws SwarmError invalidArgument. */
export function networkSpec(name: string, flags: Flags<OptionName<typeof CREATE_OPTIONS>>): NetworkSpec {
  for (const [flag, why] of Object.entries(REFUSED)) {
    if (flags.has(flag as keyof typeof REFUSED) && flags.switched(flag as "configOnly") !== false)
      throw usageError(why);
  }
  if (flags.switched("ipv4") === false)
    throw usageError("--ipv4=false is not supported: every network has IPv4 addresses");
  const scope = flags.text("scope");
  if (scope !== undefined && scope !== "swarm" && scope !== "local")
    throw usageError(`invalid value "${scope}" for --scope: expected swarm or local`);
  if (isLocal(flags)) {
    const driver = flags.text("driver");
    if (driver !== undefined && driver !== "bridge")
      throw usageError(`a network of this host alone has the driver bridge, and not ${driver}`);
    if (flags.is("ingress")) throw usageError("an ingress network is one of the swarm: leave --scope local out");
  }
  const ipam = flags.text("ipamDriver") ?? "default";
  if (ipam !== "default") throw usageError(`unknown value "${ipam}" for --ipam-driver: expected default`);
  return {
    annotations: { name, labels: parseLabels(flags.list("label"), "--label") },
    ingress: flags.is("ingress"),
    internal: flags.is("internal"),
    mtu: 0,
    attachable: flags.is("attachable"),
    ipv6: flags.is("ipv6"),
    driver: flags.text("driver") ?? (isLocal(flags) ? "bridge" : ""),
    options: parseLabels(flags.list("opt"), "--opt"),
    subnets: matchSubnets(
      flags.list("subnet"),
      flags.list("gateway"),
      flags.list("ipRange"),
      parseLabels(flags.list("auxAddress"), "--aux-address"),
    ),
  };
}

/** Whether a network of this host alone is meant: as in Docker, one of driver bridge, unless --scope says otherwise. */
export function isLocal(flags: Flags<OptionName<typeof CREATE_OPTIONS>>): boolean {
  return (flags.text("scope") ?? (flags.text("driver") === "bridge" ? "local" : "swarm")) === "local";
}

/**
 * Each gateway, range and auxiliary address goes to the subnet it lies in, as Docker has it.
 * @throws SwarmError invalidArgument for one that lies in none, or a second one of the same subnet.
 */
export function matchSubnets(
  subnets: readonly string[],
  gateways: readonly string[],
  ranges: readonly string[],
  auxiliary: Readonly<Record<string, string>>,
): readonly NetworkSubnet[] {
  const all = subnets
    .flatMap((text) => text.split(","))
    .map((cidr) => ({ cidr: cidr.trim(), gateway: "", ipRange: "", auxiliary: [] as (readonly [string, string])[] }));
  const homeOf = (text: string, flag: string, inner: IpBlock | null): (typeof all)[number] => {
    if (all.length === 0)
      throw usageError(`${flag} ${text} needs the subnet that it belongs to: give --subnet as well`);
    const home = all.find(({ cidr }) => {
      const outer = toBlock(cidr);
      return inner !== null && outer !== null && blockContains(outer, inner);
    });
    if (home !== undefined) return home;
    throw usageError(`${flag} ${text} lies in none of the subnets ${all.map(({ cidr }) => cidr).join(", ")}`);
  };
  const place = (text: string, flag: string, key: "gateway" | "ipRange"): void => {
    const home = homeOf(text, flag, key === "gateway" ? hostBlock(text) : toBlock(text));
    if (home[key] !== "") throw usageError(`subnet ${home.cidr} has two values for ${flag}: ${home[key]} and ${text}`);
    home[key] = text;
  };
  for (const gateway of gateways) place(gateway, "--gateway", "gateway");
  for (const range of ranges) place(range, "--ip-range", "ipRange");
  for (const [name, address] of Object.entries(auxiliary))
    homeOf(address, "--aux-address", hostBlock(address)).auxiliary.push([name, address]);
  return all.map((subnet) => ({ ...subnet, auxiliary: labelsOf(subnet.auxiliary) }));
}
