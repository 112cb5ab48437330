import { formatAddress, toAddress } from "../../shared/ipv4.ts";
import { formatAddress6, toAddress6 } from "../../shared/ipv6.ts";

/**
 * What only this server answers for: `NAME.NETWORK.swarm.internal` and `NAME.swarm.internal` are what `NAME.NETWORK`
 * and `NAME` are, and what is not there is never asked for outside. The top level is reserved for private use.
 */
export const OWN_DOMAIN = "swarm.internal";
const IPV4_REVERSE = ".in-addr.arpa";
const IPV6_REVERSE = ".ip6.arpa";

/** How names are compared: lower case, without the final dot. */
export function normalName(name: string): string {
  return name.toLowerCase().replace(/\.$/, "");
}

/** What stands before `.domain`; null when the name does not end so. */
export function withoutDomain(name: string, domain: string): string | null {
  return name.endsWith(`.${domain}`) ? name.slice(0, -domain.length - 1) : null;
}

/** The address that a reverse name asks for, in canonical form; null for any other name. */
export function reverseAddress(name: string): string | null {
  if (name.endsWith(IPV4_REVERSE)) {
    const address = toAddress(name.slice(0, -IPV4_REVERSE.length).split(".").reverse().join("."));
    return address === null ? null : formatAddress(address);
  }
  if (!name.endsWith(IPV6_REVERSE)) return null;
  const digits = name.slice(0, -IPV6_REVERSE.length).split(".");
  if (digits.length !== 32 || digits.some((digit) => !/^[0-9a-f]$/.test(digit))) return null;
  return canonicalIpv6(
    digits
      .reverse()
      .join("")
      .replace(/(.{4})(?=.)/g, "$1:"),
  );
}

/** An IPv6 address as we compare them; null when it is none. */
export function canonicalIpv6(text: string): string | null {
  const value = toAddress6(text);
  return value === null ? null : formatAddress6(value);
}

/** `10.0.0.5` of `10.0.0.5/24`. */
export function bareAddress(cidr: string): string {
  return cidr.split("/")[0] ?? "";
}

/** 4 or 16 bytes; null when the text is no address. */
export function addressBytes(address: string): Uint8Array | null {
  const four = toAddress(address);
  if (four !== null) return Uint8Array.of(four >>> 24, (four >>> 16) & 0xff, (four >>> 8) & 0xff, four & 0xff);
  const value = toAddress6(address);
  if (value === null) return null;
  const bytes = new DataView(new ArrayBuffer(16));
  bytes.setBigUint64(0, value >> 64n);
  bytes.setBigUint64(8, BigInt.asUintN(64, value));
  return new Uint8Array(bytes.buffer);
}

const LABEL_BYTES_MAX = 63;
const NAME_TEXT_MAX = 253;

/** Whether it can stand in an answer: labels of 1..63 bytes, 253 in all. */
export function isDnsName(name: string): boolean {
  const fits = (label: string): boolean => /^[!-~]+$/.test(label) && label.length <= LABEL_BYTES_MAX;
  return name.length <= NAME_TEXT_MAX && name.split(".").every(fits);
}
