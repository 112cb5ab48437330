/** Where a published port answers: `host_ip` of a port, "" = everywhere, else an address or a block of addresses. */
import { blocksOverlap, formatBlock, formatIp, hostBlock, type IpBlock, toBlock, toIp } from "../ip-block.ts";

/** Every address of a family; as a host address they mean all addresses, as for programs. */
const EVERYWHERE: ReadonlySet<string> = new Set(["0.0.0.0", "::", "0.0.0.0/0", "::/0"]);
/** Prefix length of one address. */
const WIDTH = { 4: 32, 6: 128 } as const;

/** The one way to write it: `192.168.0.10`, `192.168.0.0/24`, "" for everywhere. null = neither address nor block. */
export function canonicalHostIp(text: string): string | null {
  if (text === "") return "";
  const ip = toIp(text);
  const block = toBlock(text);
  const canonical = ip !== null ? formatIp(ip.family, ip.value) : block === null ? null : blockText(block);
  return canonical !== null && EVERYWHERE.has(canonical) ? "" : canonical;
}

/** Whether one packet may be meant by both; both as `canonicalHostIp` writes them. */
export function hostIpsOverlap(one: string, other: string): boolean {
  if (one === other || one === "" || other === "") return true;
  const [a, b] = [blockOf(one), blockOf(other)];
  return a !== null && b !== null && blocksOverlap(a, b);
}

/**
 * Whether a program that listens on the address (`::` = on all, `0.0.0.0` = on all of IPv4) and a port published there
 * clash.
 */
export function hostIpMeets(hostIp: string, listening: string): boolean {
  if (listening === "0.0.0.0") return !hostIp.includes(":");
  return EVERYWHERE.has(listening) || hostIpsOverlap(hostIp, listening);
}

const blockOf = (text: string): IpBlock | null => (text.includes("/") ? toBlock(text) : hostBlock(text));

function blockText(block: IpBlock): string {
  return block.prefix === WIDTH[block.family] ? formatIp(block.family, block.first) : formatBlock(block);
}
