import { toIp } from "../../shared/ip-block.ts";

/** As many as a resolver library reads (MAXNS in resolv.h). */
const NAMESERVERS_MAX = 3;
/** Asked when the host names only itself; a container cannot reach the host's loopback. The same as Docker's. */
export const FALLBACK_NAMESERVERS: readonly string[] = ["8.8.8.8", "8.8.4.4"];

/**
 * Name servers for a task out of the host's resolv.conf texts, the first that names a usable one deciding. Loopback
 * resolvers are of no use inside a namespace, nor are those of a link alone, nor IPv6 ones where the task has none.
 */
export function taskNameservers(resolvConfs: readonly string[], hasIpv6: boolean): readonly string[] {
  for (const text of resolvConfs) {
    const found = text
      .split("\n")
      .map((line) => /^\s*nameserver\s+(\S+)/.exec(line)?.[1])
      .filter((address) => address !== undefined)
      .filter((address) => isUsable(address, hasIpv6));
    if (found.length > 0) return found.slice(0, NAMESERVERS_MAX);
  }
  return FALLBACK_NAMESERVERS;
}

function isUsable(text: string, hasIpv6: boolean): boolean {
  const family = toIp(text)?.family;
  if (family === 4) return !text.startsWith("127.");
  return family === 6 && hasIpv6 && !/^(?:::1$|fe[89ab])/i.test(text);
}
