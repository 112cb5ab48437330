/** Blocks of addresses of either family, as numbers of up to 128 bits; pure. */
import { formatAddress, toAddress } from "./ipv4.ts";
import { formatAddress6, toAddress6 } from "./ipv6.ts";

export type Family = 4 | 6;

/** A block of addresses, such as 10.0.1.0/24. */
export interface IpBlock {
  readonly family: Family;
  /** Its first address. */
  readonly first: bigint;
  /** Prefix length, 0..32 or 0..128. */
  readonly prefix: number;
}

const WIDTH: { readonly [Of in Family]: number } = { 4: 32, 6: 128 };

/** An address of either family, without prefix length or zone; null for anything else. */
export function toIp(text: string): { readonly family: Family; readonly value: bigint } | null {
  const value = toAddress(text);
  if (value !== null) return { family: 4, value: BigInt(value) };
  const value6 = toAddress6(text);
  return value6 === null ? null : { family: 6, value: value6 };
}

/** Reads `10.0.1.0/24` or `fd00::/64`; bits behind the prefix are dropped. null for anything else. */
export function toBlock(text: string): IpBlock | null {
  const [address = "", prefixText = "", ...rest] = text.split("/");
  const ip = toIp(address);
  const prefix = Number(prefixText);
  if (ip === null || rest.length > 0 || !/^(?:0|[1-9]\d{0,2})$/.test(prefixText) || prefix > WIDTH[ip.family])
    return null;
  const size = 1n << BigInt(WIDTH[ip.family] - prefix);
  return { family: ip.family, first: ip.value - (ip.value % size), prefix };
}

export const blockSize = ({ family, prefix }: IpBlock): bigint => 1n << BigInt(WIDTH[family] - prefix);

export function formatIp(family: Family, value: bigint): string {
  return family === 4 ? formatAddress(Number(value)) : formatAddress6(value);
}

/** The one way to write a block. */
export const formatBlock = ({ family, first, prefix }: IpBlock): string => `${formatIp(family, first)}/${prefix}`;

/** Whether two blocks share an address. */
export function blocksOverlap(a: IpBlock, b: IpBlock): boolean {
  return a.family === b.family && a.first < b.first + blockSize(b) && b.first < a.first + blockSize(a);
}

/** Whether all of a block, or an address, lies in another. */
export function blockContains(outer: IpBlock, inner: IpBlock): boolean {
  return (
    outer.family === inner.family &&
    outer.first <= inner.first &&
    inner.first + blockSize(inner) <= outer.first + blockSize(outer)
  );
}

/** The block of one address; null if the text is not an address. A prefix length after it is ignored. */
export function hostBlock(text: string): IpBlock | null {
  const ip = toIp(text.split("/")[0] ?? "");
  return ip === null ? null : { family: ip.family, first: ip.value, prefix: WIDTH[ip.family] };
}
