import { toIp } from "../shared/ip-block.ts";

/**
 * The host of HOST, HOST:PORT or [HOST]:PORT; an IPv4 address mapped into IPv6 comes out plain. gRPC writes a peer of
 * IPv6 as `fd00::2:40312`, without brackets: a port that the kernel chose has five digits, and so is no part of an
 * address.
 */
export function hostOf(address: string): string {
  const bracketed = /^\[(.+)\](?::\d+)?$/.exec(address)?.[1];
  const host = bracketed ?? (toIp(address) === null ? address.replace(/:\d+$/, "") : address);
  return host.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, "");
}
