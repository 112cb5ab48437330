/** IPv4 arithmetic on plain numbers (0..2^32-1) and text; pure. */
import { SwarmError } from "./errors.ts";

/** An address with its prefix length, as in `10.0.0.5/24`. */
export interface Cidr {
  /** The address as given, host bits included. */
  readonly address: number;
  /** 0..32. */
  readonly prefix: number;
}

/** Four decimal bytes without leading zeros, which some programs take for octal numbers; null for anything else. */
export function toAddress(text: string): number | null {
  const match = /^(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})$/.exec(text);
  const bytes = match?.slice(1).map(Number);
  if (bytes === undefined || bytes.some((byte) => byte > 255)) return null;
  return bytes.reduce((sum, byte) => sum * 256 + byte, 0);
}

/** @throws SwarmError invalidArgument when `text` is not an address. */
export function parseAddress(text: string): number {
  const address = toAddress(text);
  if (address === null) throw new SwarmError("invalidArgument", `not an IPv4 address: ${JSON.stringify(text)}`);
  return address;
}

export function formatAddress(address: number): string {
  return [24, 16, 8, 0].map((shift) => (address >>> shift) & 0xff).join(".");
}

/** Reads `10.0.0.5/24`; a bare address counts as /32. null for anything else. */
export function toCidr(text: string): Cidr | null {
  const [addressText = "", prefixText = "32", ...rest] = text.split("/");
  const [address, prefix] = [toAddress(addressText), Number(prefixText)];
  if (address === null || rest.length > 0 || !/^\d{1,2}$/.test(prefixText) || prefix > 32) return null;
  return { address, prefix };
}

/** As `toCidr`. @throws SwarmError invalidArgument */
export function parseCidr(text: string): Cidr {
  const cidr = toCidr(text);
  if (cidr === null)
    throw new SwarmError("invalidArgument", `not an IPv4 address, or one with prefix length: ${JSON.stringify(text)}`);
  return cidr;
}

/** The canonical way to write an address with its prefix length: `10.0.0.5` is `10.0.0.5/32`. */
export function canonicalCidr(text: string): string {
  const { address, prefix } = parseCidr(text);
  return `${formatAddress(address)}/${prefix}`;
}

/** The address of `10.0.0.5/24` without its prefix length. */
export function addressOf(cidr: string): string {
  return formatAddress(parseCidr(cidr).address);
}

/** First address and size of the block that a CIDR lies in. */
function blockOf({ address, prefix }: Cidr): { readonly first: number; readonly size: number } {
  const size = 2 ** (32 - prefix);
  return { first: address - (address % size), size };
}

/** The block that an address lies in: `10.0.0.5/24` gives `10.0.0.0/24`. */
export function subnetOf(cidr: string): string {
  const parsed = parseCidr(cidr);
  return `${formatAddress(blockOf(parsed).first)}/${parsed.prefix}`;
}

/** The `offset`th address of a block; 0 is its first. */
export function addressAt(subnet: string, offset: number): string {
  return formatAddress(blockOf(parseCidr(subnet)).first + offset);
}

/** How many addresses a block has. */
export function sizeOf(subnet: string): number {
  return blockOf(parseCidr(subnet)).size;
}

/** Whether two blocks share an address. */
export function overlaps(left: string, right: string): boolean {
  const a = blockOf(parseCidr(left));
  const b = blockOf(parseCidr(right));
  return a.first < b.first + b.size && b.first < a.first + a.size;
}

/** The MAC that goes with an address everywhere in the cluster: 02:42 and its four bytes. */
export function macOf(address: string): string {
  const value = parseAddress(addressOf(address));
  const bytes = [0x02, 0x42, ...[24, 16, 8, 0].map((shift) => (value >>> shift) & 0xff)];
  return bytes.map((byte) => byte.toString(16).padStart(2, "0")).join(":");
}
