import {
  blockContains,
  blockSize,
  blocksOverlap,
  type Family,
  formatBlock,
  hostBlock,
  type IpBlock,
  toBlock,
} from "../ip-block.ts";
import { labelOf } from "../objects/labels.ts";
import { SPEC_LIMITS } from "../objects/limits.ts";
import {
  driverOf,
  MTU_OPTIONS,
  type NetworkDriver,
  PREDEFINED_NETWORKS,
  VNI_MAX,
  VNI_MIN,
  VNI_OPTION,
} from "../objects/network.ts";
import type { NetworkSpec } from "../objects/types.ts";
import type { NetworkSubnet } from "../rpc/gen/objects.ts";
import { bytesOf, check, checkLimit, quoted } from "./refuse.ts";
import { validateLabels, validateName } from "./validate-annotations.ts";

/** The least that IPv4 promises to carry, and IPv6. */
const MTU_MIN: { readonly [Of in Family]: number } = { 4: 68, 6: 1_280 };
const MTU_MAX = 65_535;
/** Room for a gateway, a virtual address and a few tasks. */
const PREFIX_MAX: { readonly [Of in Family]: number } = { 4: 29, 6: 125 };
/** Larger than any pool that is anybody's own. */
const PREFIX_MIN: { readonly [Of in Family]: number } = { 4: 8, 6: 8 };

/** Blocks in which no host can have an address that others reach: loopback, groups, what one link or nobody has. */
const SPECIAL_BLOCKS: readonly IpBlock[] = [
  "0.0.0.0/8",
  "127.0.0.0/8",
  "224.0.0.0/3",
  "::/96",
  "fe80::/10",
  "ff00::/8",
].flatMap((cidr) => toBlock(cidr) ?? []);

/** Drivers, and Docker's other word for one. */
const DRIVERS: ReadonlyMap<string, NetworkDriver> = new Map([
  ["", "overlay"],
  ["overlay", "overlay"],
  ["bridge", "bridge"],
  ["host", "host"],
  ["null", "null"],
  ["none", "null"],
]);

/**
 * The spec of a new network with all that its options mean.
 * @throws SwarmError invalidArgument with one sentence about the first thing that is wrong.
 */
export function takeNewNetwork(asked: NetworkSpec): NetworkSpec {
  const { annotations } = asked;
  validateName("network", annotations.name);
  validateLabels("network", annotations);
  const driver = DRIVERS.get(asked.driver);
  check(driver !== undefined, `unknown network driver ${quoted(asked.driver)}: expected overlay or bridge`);
  const only = [...PREDEFINED_NETWORKS].find(([, of]) => of === driver && driver !== "bridge");
  check(only === undefined, `there can only be one network of driver ${asked.driver}: use the network ${only?.[0]}`);
  validateOptions(asked);
  if (asked.ingress) {
    check(driver === "overlay", "an ingress network needs the driver overlay");
    check(!asked.attachable, "an ingress network cannot be attachable: only services join it, by publishing ports");
    check(!asked.internal, "an ingress network cannot be internal: it carries what comes from outside");
    check(
      !asked.ipv6,
      "an ingress network cannot have IPv6 addresses of its own: its published ports have both families",
    );
  }
  validateSubnets(asked);
  const spec = { ...asked, driver, mtu: mtuOf(asked) };
  validateMtu(spec);
  return spec;
}

/** @throws SwarmError invalidArgument. Also for what is added to a network later. */
export function validateSubnets({ annotations, ipv6, subnets }: NetworkSpec): void {
  const { name } = annotations;
  checkLimit(SPEC_LIMITS.subnets, subnets.length);
  const blocks: IpBlock[] = [];
  for (const subnet of subnets) {
    const block = validateSubnet(subnet);
    check(
      block.family === 4 || ipv6,
      `subnet ${subnet.cidr} is an IPv6 one, but network ${name} has no IPv6: give --ipv6 as well`,
    );
    const clash = blocks.find((other) => blocksOverlap(other, block));
    check(
      clash === undefined,
      () => `subnets ${clash && formatBlock(clash)} and ${subnet.cidr} of network ${name} overlap`,
    );
    blocks.push(block);
  }
}

function validateSubnet(subnet: NetworkSubnet): IpBlock {
  const { cidr, gateway, ipRange } = subnet;
  const block = blockIn(cidr, "subnet");
  const { family, prefix } = block;
  check(
    prefix <= PREFIX_MAX[family],
    `subnet ${cidr} is too small: a network needs at least a /${PREFIX_MAX[family]}, for its gateway and a few tasks`,
  );
  check(prefix >= PREFIX_MIN[family], `subnet ${cidr} is too large: at most a /${PREFIX_MIN[family]} is allowed`);
  const special = SPECIAL_BLOCKS.find((other) => blocksOverlap(other, block));
  check(
    special === undefined,
    () => `subnet ${cidr} overlaps with ${special && formatBlock(special)}, whose addresses no host can be reached by`,
  );
  if (gateway !== "") {
    const host = gateway.includes("/") ? null : hostBlock(gateway);
    check(host !== null, `invalid gateway ${quoted(gateway)}: expected an address such as 10.1.0.1`);
    check(blockContains(block, host), `gateway ${gateway} lies outside of its subnet ${cidr}`);
    const offset = host.first - block.first;
    const isEdge = offset === 0n || (family === 4 && offset === blockSize(block) - 1n);
    check(!isEdge, `gateway ${gateway} is the first or last address of subnet ${cidr}, which no host can have`);
  }
  if (ipRange !== "") {
    const range = blockIn(ipRange, "ip range");
    check(blockContains(block, range), `ip range ${ipRange} lies outside of its subnet ${cidr}`);
    check(
      range.prefix <= PREFIX_MAX[family],
      `ip range ${ipRange} is too small: a network needs at least a /${PREFIX_MAX[family]}`,
    );
  }
  validateAuxiliary(subnet, block);
  return block;
}

/** They are nobody's in this network, so that nothing else is asked of them. */
function validateAuxiliary({ cidr, gateway, auxiliary }: NetworkSubnet, block: IpBlock): void {
  const entries = Object.entries(auxiliary);
  checkLimit(SPEC_LIMITS.auxiliaryAddresses, entries.length);
  for (const [name, address] of entries) {
    checkLimit(SPEC_LIMITS.labelKey, bytesOf(name));
    const host = address.includes("/") ? null : hostBlock(address);
    check(host !== null, `invalid auxiliary address ${quoted(address)}: expected an address such as 10.1.0.9`);
    check(blockContains(block, host), `auxiliary address ${address} lies outside of its subnet ${cidr}`);
    check(
      hostBlock(gateway)?.first !== host.first,
      `auxiliary address ${address} is the gateway of subnet ${cidr}: leave one of them out`,
    );
  }
}

function blockIn(text: string, what: string): IpBlock {
  const block = toBlock(text);
  check(block !== null, `invalid ${what} ${quoted(text)}: expected a block of addresses such as 10.1.0.0/24`);
  const [address] = text.split("/");
  check(
    hostBlock(address ?? "")?.first === block.first,
    `invalid ${what} ${quoted(text)}: the block of that address is ${formatBlock(block)}`,
  );
  return block;
}

function validateOptions({ options }: NetworkSpec): void {
  const entries = Object.entries(options);
  checkLimit(SPEC_LIMITS.driverOptions, entries.length);
  for (const [key, value] of entries) {
    check(key.trim() !== "", "a driver option needs a name: expected KEY=VALUE");
    checkLimit(SPEC_LIMITS.labelKey, bytesOf(key));
    checkLimit(SPEC_LIMITS.labelValue, bytesOf(value));
    check(key !== "encrypted", "encrypted networks are not supported yet: encrypt the network between the hosts");
  }
  const list = labelOf(options, VNI_OPTION);
  for (const text of list?.split(",") ?? []) {
    const vni = Number(text);
    check(
      /^\d+$/.test(text.trim()) && vni >= VNI_MIN && vni <= VNI_MAX,
      `invalid overlay number ${quoted(text)} in ${VNI_OPTION}: it must be in ${VNI_MIN}..${VNI_MAX}`,
    );
  }
}

function mtuOf({ mtu, options }: NetworkSpec): number {
  const given = MTU_OPTIONS.flatMap((key) => labelOf(options, key) ?? []);
  for (const text of given) {
    check(
      /^\d{1,6}$/.test(text.trim()),
      `invalid mtu ${quoted(text)}: it must be a number in ${MTU_MIN[4]}..${MTU_MAX}`,
    );
  }
  const all = [...(mtu === 0 ? [] : [mtu]), ...given.map(Number)];
  check(new Set(all).size <= 1, `the mtu is given as ${all.join(" and as ")}`);
  return all[0] ?? 0;
}

function validateMtu({ mtu, options, ipv6 }: NetworkSpec): void {
  if (mtu === 0 && !MTU_OPTIONS.some((key) => labelOf(options, key) !== undefined)) return;
  check(mtu >= MTU_MIN[4] && mtu <= MTU_MAX, `invalid mtu ${mtu}: it must be in ${MTU_MIN[4]}..${MTU_MAX}`);
  check(!ipv6 || mtu >= MTU_MIN[6], `invalid mtu ${mtu}: IPv6 needs at least ${MTU_MIN[6]}`);
}

/**
 * What an update may change: labels, and blocks added behind those there are.
 * @throws SwarmError invalidArgument.
 */
export function takeNetworkUpdate(before: NetworkSpec, asked: NetworkSpec): NetworkSpec {
  const { name } = before.annotations;
  validateLabels("network", asked.annotations);
  const fixed = ({ annotations, subnets: _, driver, ...rest }: NetworkSpec): string =>
    JSON.stringify([
      annotations.name,
      driverOf({ driver }),
      rest.ingress,
      rest.internal,
      rest.mtu,
      rest.attachable,
      rest.ipv6,
      Object.entries(rest.options).sort(),
    ]);
  const textOf = ({ cidr, gateway, ipRange, auxiliary }: NetworkSubnet): string =>
    JSON.stringify([cidr, gateway, ipRange, Object.entries(auxiliary).sort()]);
  const isKept = before.subnets.every((subnet, at) => {
    const now = asked.subnets[at];
    return now !== undefined && textOf(now) === textOf(subnet);
  });
  check(
    fixed(before) === fixed(asked) && isKept,
    `only the labels of network ${name} can be changed, and subnets added: make another network and move its services`,
  );
  const next = { ...before, annotations: { name, labels: asked.annotations.labels }, subnets: asked.subnets };
  validateSubnets(next);
  return next;
}
