/**
 * Addresses of IPv6 as numbers of 128 bits; pure. Of our own, since every start of the command line and every look of
 * the host at its network read some: the library for it took 5 ms to load and 20 µs an address.
 */
import { toAddress } from "./ipv4.ts";

const GROUPS = 8;
const GROUP_BITS = 16n;
const GROUP = /^[0-9a-fA-F]{1,4}$/;

/** An address without zone, prefix length or brackets; null for anything else. */
export function toAddress6(text: string): bigint | null {
  const [head = "", tail, ...more] = text.split("::");
  if (more.length > 0 || !text.includes(":")) return null;
  // Only the last part may end as an address of IPv4 does, and it must be all of the address where nothing is left out.
  const before = groupsOf(head, tail === undefined);
  const after = groupsOf(tail ?? "", true);
  if (before === null || after === null) return null;
  const left = GROUPS - before.length - after.length;
  // What `::` leaves out is one group at least.
  if (tail === undefined ? left !== 0 : left < 1) return null;
  const groups = [...before, ...Array.from({ length: left }, () => 0), ...after];
  return groups.reduce((value, group) => (value << GROUP_BITS) | BigInt(group), 0n);
}

/** As RFC 5952 has it: lower case, the longest run of groups of zeros left out, the first of several. */
export function formatAddress6(value: bigint): string {
  const groups = Array.from({ length: GROUPS }, (_, at) =>
    Number((value >> (GROUP_BITS * BigInt(GROUPS - 1 - at))) & 0xffffn),
  );
  let [from, length] = [0, 0];
  for (let at = 0; at < GROUPS; at++) {
    let run = 0;
    while (groups[at + run] === 0) run++;
    if (run > length) [from, length] = [at, run];
  }
  const words = groups.map((group) => group.toString(16));
  // One group alone is not left out.
  if (length < 2) return words.join(":");
  return `${words.slice(0, from).join(":")}::${words.slice(from + length).join(":")}`;
}

/** Groups of 16 bits; null when they are none. */
function groupsOf(text: string, mayEndAsIpv4: boolean): readonly number[] | null {
  if (text === "") return [];
  const parts = text.split(":");
  const last = parts.at(-1) ?? "";
  const ipv4 = mayEndAsIpv4 && last.includes(".") ? toAddress(last) : null;
  const words = ipv4 === null ? parts : parts.slice(0, -1);
  if (!words.every((part) => GROUP.test(part))) return null;
  const groups = words.map((part) => Number.parseInt(part, 16));
  return ipv4 === null ? groups : [...groups, ipv4 >>> 16, ipv4 & 0xffff];
}
