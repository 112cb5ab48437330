/** Addresses between text and bytes; texts are canonical, so that equal texts are equal addresses. */
import { parseIpAddress } from "../../shared/address.ts";
import { SwarmError } from "../../shared/errors.ts";
import { toAddress } from "../../shared/ipv4.ts";

export const FAMILY = { unspecified: 0, ipv4: 2, bridge: 7, ipv6: 10 } as const;
type IpFamily = typeof FAMILY.ipv4 | typeof FAMILY.ipv6;
export const ADDRESS_BITS = { ipv4: 32, ipv6: 128 } as const;

const MAC = /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/;

export interface AddressBytes {
  readonly family: IpFamily;
  readonly bytes: Buffer;
}

export interface PrefixBytes extends AddressBytes {
  /** Length in bits. */
  readonly prefix: number;
}

/** @throws SwarmError invalidArgument when it is no address. */
export function addressBytes(text: string): AddressBytes {
  const ipv4 = toAddress(text);
  if (ipv4 !== null) {
    const bytes = Buffer.allocUnsafe(4);
    bytes.writeUInt32BE(ipv4);
    return { family: FAMILY.ipv4, bytes };
  }
  const canonical = parseIpAddress(text, "address for the kernel");
  // IPv4 in the clothes of IPv6 comes back as the IPv4 address that it is.
  if (!canonical.includes(":")) return addressBytes(canonical);
  const [head = "", tail] = canonical.split("::");
  const words = (part: string): readonly string[] => (part === "" ? [] : part.split(":"));
  const [before, after] = [words(head), words(tail ?? "")];
  const zeros = tail === undefined ? [] : new Array<string>(8 - before.length - after.length).fill("0");
  const bytes = Buffer.alloc(16);
  for (const [at, word] of [...before, ...zeros, ...after].entries())
    bytes.writeUInt16BE(Number.parseInt(word, 16), at * 2);
  return { family: FAMILY.ipv6, bytes };
}

/** Reads `10.0.0.5/24` or `fd00::5/64`; without a length it is one address. @throws SwarmError invalidArgument */
export function prefixBytes(text: string): PrefixBytes {
  const [addressText = "", lengthText, ...rest] = text.split("/");
  const address = addressBytes(addressText);
  const bits = address.bytes.length * 8;
  const prefix = lengthText === undefined ? bits : Number(lengthText);
  if (rest.length > 0 || (lengthText !== undefined && !/^\d{1,3}$/.test(lengthText)) || prefix > bits)
    throw new SwarmError("invalidArgument", `not an address with prefix length: ${JSON.stringify(text)}`);
  return { ...address, prefix };
}

/** The text of 4 or 16 bytes; "" for any other number. */
export function addressText(bytes: Buffer | undefined): string {
  if (bytes?.length === 4) return `${bytes[0]}.${bytes[1]}.${bytes[2]}.${bytes[3]}`;
  if (bytes?.length !== 16) return "";
  const words = Array.from({ length: 8 }, (_, at) => bytes.readUInt16BE(at * 2));
  const { start, length } = longestZeros(words);
  const text = (part: readonly number[]): string => part.map((word) => word.toString(16)).join(":");
  return length < 2 ? text(words) : `${text(words.slice(0, start))}::${text(words.slice(start + length))}`;
}

/** @throws SwarmError invalidArgument when it is none. */
export function macBytes(text: string): Buffer {
  if (!MAC.test(text)) throw new SwarmError("invalidArgument", `not a MAC: ${JSON.stringify(text)}`);
  return Buffer.from(text.replaceAll(":", ""), "hex");
}

export function macText(bytes: Buffer | undefined): string {
  return bytes === undefined ? "" : (bytes.toString("hex").match(/../g) ?? []).join(":");
}

/** Of several as long as each other, the first (RFC 5952). */
function longestZeros(words: readonly number[]): { readonly start: number; readonly length: number } {
  let best = { start: 0, length: 0 };
  let start = 0;
  for (let at = 0; at <= words.length; at++) {
    if (words[at] === 0) continue;
    if (at - start > best.length) best = { start, length: at - start };
    start = at + 1;
  }
  return best;
}
