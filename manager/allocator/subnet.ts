import { SwarmError } from "../../shared/errors.ts";

/** Offsets below are kept: 0 is the network itself, 1 is where a gateway sits. */
const FIRST_OFFSET = 2;
/** Smaller than this (/29) a network has no room for a gateway, a host and a few tasks. */
const PREFIX_BITS_MAX = 29;

/** An IPv4 network whose addresses are known by their offset from its start. */
export interface Subnet {
  readonly base: number;
  readonly prefixBits: number;
  /** Lowest and highest offset that may be given away. */
  readonly first: number;
  readonly last: number;
}

/** @throws SwarmError invalidArgument when `cidr` is not an IPv4 network of at most /29. */
export function parseSubnet(cidr: string): Subnet {
  const [address = "", bits = ""] = cidr.split("/");
  const base = toNumber(address);
  const prefixBits = Number(bits);
  const isPrefix = /^\d{1,2}$/.test(bits) && prefixBits >= 1 && prefixBits <= PREFIX_BITS_MAX;
  if (base === null || !isPrefix) {
    throw new SwarmError("invalidArgument", `not an IPv4 subnet of at most /29: ${JSON.stringify(cidr)}`);
  }
  const size = 2 ** (32 - prefixBits);
  return { base: base - (base % size), prefixBits, first: FIRST_OFFSET, last: size - 2 };
}

/** The address at an offset, with the subnet's prefix length. */
export function addressAt(subnet: Subnet, offset: number): string {
  const value = subnet.base + offset;
  const bytes = [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256);
  return `${bytes.join(".")}/${subnet.prefixBits}`;
}

/** The offset of an address, with or without prefix length; null when it lies outside. */
export function offsetOf(subnet: Subnet, address: string): number | null {
  const value = toNumber(address.split("/")[0] ?? "");
  const offset = value === null ? -1 : value - subnet.base;
  return offset >= 0 && offset < 2 ** (32 - subnet.prefixBits) ? offset : null;
}

function toNumber(address: string): number | null {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(address);
  if (match === null) return null;
  const bytes = match.slice(1).map(Number);
  return bytes.every((byte) => byte <= 255) ? bytes.reduce((value, byte) => value * 256 + byte, 0) : null;
}
