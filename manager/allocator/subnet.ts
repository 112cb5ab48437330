import { SwarmError } from "../../shared/errors.ts";
import { addressAt, parseAddress, sizeOf, toCidr } from "../../shared/ipv4.ts";

/** Offsets below are kept: 0 is the network itself, 1 is where a gateway sits. */
const FIRST_OFFSET = 2;
/** Smaller than this (/29) a network has no room for a gateway, a host and a few tasks. */
const PREFIX_BITS_MAX = 29;

/** An IPv4 network whose addresses are known by their offset from its start. */
export interface Subnet {
  readonly cidr: string;
  readonly prefix: number;
  /** Its first address, as a number. */
  readonly base: number;
  /** How many addresses it has in all. */
  readonly size: number;
  /** Lowest and highest offset that may be given away. */
  readonly first: number;
  readonly last: number;
}

/** @throws SwarmError invalidArgument when `cidr` is not an IPv4 network of at most /29. */
export function parseSubnet(cidr: string): Subnet {
  const prefix = toCidr(cidr)?.prefix ?? 0;
  if (prefix < 1 || prefix > PREFIX_BITS_MAX) {
    throw new SwarmError("invalidArgument", `not an IPv4 subnet of at most /29: ${JSON.stringify(cidr)}`);
  }
  const size = sizeOf(cidr);
  return { cidr, prefix, base: parseAddress(addressAt(cidr, 0)), size, first: FIRST_OFFSET, last: size - 2 };
}

/** The address at an offset, with the subnet's prefix length. */
export function cidrAt({ cidr, prefix }: Subnet, offset: number): string {
  return `${addressAt(cidr, offset)}/${prefix}`;
}

/** The offset of an address, with or without prefix length; null when it lies outside. */
export function offsetOf({ base, size }: Subnet, address: string): number | null {
  const value = toCidr(address)?.address;
  if (value === undefined || value < base || value >= base + size) return null;
  return value - base;
}
