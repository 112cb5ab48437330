import { AddressSpace } from "../../../shared/address-space.ts";
import { SwarmError } from "../../../shared/errors.ts";
import { type Family, hostBlock, toBlock } from "../../../shared/ip-block.ts";
import type { LocalNetwork } from "../../../shared/rpc/gen/networks.ts";

export interface AddressWish {
  /** Without prefix length; "" = any. */
  readonly wanted: string;
  /** The one it had before, with prefix length; "" = none. Taken again where it is free. */
  readonly before: string;
  /** Of others, with or without prefix length. */
  readonly used: readonly string[];
  /** Asked for by containers that do not run: given to nobody else while there are others. */
  readonly reserved: readonly string[];
}

/**
 * An address of the family on the network, with its prefix length; "" = the network has none of that family.
 * @throws SwarmError invalidArgument for a wanted one that lies outside; failedPrecondition when it is taken;
 * resourceExhausted when all are.
 */
export function chooseAddress(
  network: Pick<LocalNetwork, "id" | "spec" | "subnets">,
  family: Family,
  wish: AddressWish,
): string {
  const spaces = network.subnets.flatMap((subnet) => {
    const block = toBlock(subnet.cidr);
    return block?.family === family ? [new AddressSpace(subnet, block, false)] : [];
  });
  const name = network.spec?.annotations?.name ?? network.id;
  for (const space of spaces) for (const address of wish.used) useIn(space, address);
  if (wish.wanted !== "") return wantedAddress(spaces, wish.wanted, name);
  if (spaces.length === 0) return "";
  for (const space of spaces) {
    const offset = wish.before === "" ? null : space.offsetOf(wish.before);
    if (offset !== null && !space.isUsed(offset)) return space.at(offset);
  }
  const found = firstFree(spaces, new Set(wish.reserved)) ?? firstFree(spaces, new Set());
  if (found !== null) return found;
  throw new SwarmError("resourceExhausted", `no available IPv${family} address on network ${name}: it is full`);
}

function wantedAddress(spaces: readonly AddressSpace[], wanted: string, name: string): string {
  for (const space of spaces) {
    const offset = hostBlock(wanted) === null ? null : space.offsetOf(wanted);
    if (offset === null) continue;
    if (!space.isUsed(offset)) return space.at(offset);
    throw new SwarmError("failedPrecondition", `Address already in use: ${wanted} on network ${name}`);
  }
  throw new SwarmError("invalidArgument", `no configured subnet of network ${name} contains IP address ${wanted}`);
}

function useIn(space: AddressSpace, address: string): void {
  const offset = space.offsetOf(address);
  if (offset !== null) space.use(offset);
}

function firstFree(spaces: readonly AddressSpace[], reserved: ReadonlySet<string>): string | null {
  for (const space of spaces) {
    const { first, last } = space.rangeOf("task");
    for (let offset = first; offset <= last; offset++) {
      if (space.isUsed(offset)) continue;
      const address = space.at(offset);
      if (!reserved.has(address.split("/")[0] ?? "")) return address;
    }
  }
  return null;
}
