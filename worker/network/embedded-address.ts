import { invariant } from "../../shared/invariant.ts";
import { formatIp, toBlock } from "../../shared/ip-block.ts";
import { addressOf, parseAddress } from "../../shared/ipv4.ts";

/**
 * The address of IPv6 that goes with one of IPv4 on ingress and on the host-local network: the block's beginning, and
 * the four bytes at the end. So whoever knows the one knows the other, and nothing more is given away or told.
 * @throws SwarmError invalidArgument when `ipv4` is no address.
 */
export function embeddedAddress(block: string, ipv4: string): string {
  const parsed = toBlock(block);
  invariant(parsed?.family === 6, `${block} is a block of IPv6`);
  return formatIp(6, parsed.first + BigInt(parseAddress(ipv4)));
}

/** As `embeddedAddress`, of an address with prefix length, and with the block's. */
export function embeddedCidr(block: string, cidr: string): string {
  return `${embeddedAddress(block, addressOf(cidr))}/${block.split("/")[1]}`;
}
