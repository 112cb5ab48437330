import { SwarmError } from "../../../shared/errors.ts";
import { WireError } from "./wire-error.ts";

/** Where a member is reached, by UDP and TCP alike. `address` is an IPv4 or IPv6 address in text. */
export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/** An endpoint as a key of maps. */
export function toKey({ address, port }: Endpoint): string {
  return `${address} ${port}`;
}

export function isSameEndpoint(a: Endpoint, b: Endpoint): boolean {
  return a.address === b.address && a.port === b.port;
}

const V4 = /^(25[0-5]|2[0-4]\d|1?\d?\d)(\.(25[0-5]|2[0-4]\d|1?\d?\d)){3}$/;
const V6 = /^(?=.*:.*:)[0-9a-fA-F:]{2,39}$/;
const V4_BYTES = 4;
const V6_BYTES = 16;
const MAPPED_PREFIX = Buffer.from("00000000000000000000ffff", "hex");

/** The 4 or 16 bytes of an address. @throws SwarmError invalidArgument when the text is no IP address. */
export function addressToBytes(address: string): Uint8Array {
  if (V4.test(address)) return Uint8Array.from(address.split("."), Number);
  const text = expandEmbedded(address.split("%")[0] ?? "");
  const [head = "", tail, extra] = text.split("::");
  const before = head === "" ? [] : head.split(":");
  const after = tail === undefined || tail === "" ? [] : tail.split(":");
  const isWhole = tail === undefined ? before.length === 8 : before.length + after.length < 8;
  if (!V6.test(text) || !isWhole || extra !== undefined)
    throw new SwarmError("invalidArgument", `"${address}" is not an IP address.`);
  const zeros = tail === undefined ? 0 : V6_BYTES / 2 - before.length - after.length;
  const groups = [...before, ...Array<string>(zeros).fill("0"), ...after].map((group) => Number.parseInt(group, 16));
  return Uint8Array.from(groups.flatMap((group) => [group >>> 8, group & 0xff]));
}

/** The text of 4 or 16 bytes; IPv4 inside IPv6 is given as IPv4. @throws WireError for any other length. */
export function addressFromBytes(bytes: Uint8Array): string {
  if (bytes.length === V4_BYTES) return bytes.join(".");
  if (bytes.length !== V6_BYTES) throw new WireError("malformed", `an address of ${bytes.length} bytes`);
  if (MAPPED_PREFIX.equals(bytes.subarray(0, MAPPED_PREFIX.length)))
    return bytes.subarray(MAPPED_PREFIX.length).join(".");
  const groups: string[] = [];
  for (let at = 0; at < V6_BYTES; at += 2) groups.push((((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)).toString(16));
  return shortenZeros(groups);
}

/** `::ffff:1.2.3.4` with its last part as two groups. */
function expandEmbedded(text: string): string {
  const dotted = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(text);
  if (dotted === null) return text;
  const [, head = "", ...bytes] = dotted;
  const [a = 0, b = 0, c = 0, d = 0] = bytes.map(Number);
  return `${head}${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
}

/** The longest run of zero groups (of two or more) becomes `::`, the first one when two are equal (RFC 5952). */
function shortenZeros(groups: readonly string[]): string {
  let best = { from: 0, length: 1 };
  for (let from = 0; from < groups.length; from++) {
    let length = 0;
    while (groups[from + length] === "0") length++;
    if (length > best.length) best = { from, length };
  }
  if (best.length < 2) return groups.join(":");
  return `${groups.slice(0, best.from).join(":")}::${groups.slice(best.from + best.length).join(":")}`;
}
