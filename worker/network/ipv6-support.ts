import type { ObservedState } from "../netlink/state.ts";
import { FORWARDING6 } from "./desired-ipv6.ts";
import type { Kernel } from "./kernel.ts";
import { isOwnLink, NFT_TABLE } from "./names.ts";

/** RTPROT_RA: a route that the kernel has from a router's advertisement. */
const BY_ADVERTISEMENT = 9;

/** Every kind of rule that needs modules of the family in the kernel, in a table that is gone when it is there. */
const PROBE = `table ip6 ${NFT_TABLE}_probe {
  map hosts {
    typeof ct original zone : ip6 daddr
  }
  chain back {
    type filter hook prerouting priority dstnat + 10;
    ct direction reply dup to ct original zone map @hosts drop
  }
  chain there {
    type nat hook prerouting priority dstnat;
    fib daddr type local meta l4proto tcp dnat to [fd00::1]:80
  }
  chain out {
    type nat hook postrouting priority srcnat;
    ip6 saddr fd00::/64 masquerade
  }
  chain refuse {
    type filter hook input priority filter;
    tcp dport 80 reject with tcp reset
  }
}
delete table ip6 ${NFT_TABLE}_probe
`;

/** Whether the kernel can do for IPv6 all that the routing mesh needs; one without IPv6 has no such settings at all. */
export async function supportsIpv6(kernel: Pick<Kernel, "readSetting" | "changeRules">): Promise<boolean> {
  if (kernel.readSetting(FORWARDING6) === null) return false;
  return await kernel.changeRules(PROBE).then(
    () => true,
    () => false,
  );
}

/**
 * Keeps this host's way out before it begins to forward IPv6: one that does no longer heeds routers' advertisements,
 * by which many have their addresses and default route, unless a device says that it shall nevertheless. Said only of
 * devices that heed them at this moment: those of hardware, and those with a route by one. Not of a container's end of
 * a link, which heeds them by default too: whoever is in the container would give this host a default route.
 * @returns what was changed, one sentence for each device.
 */
export function keepHeedingRouters(
  kernel: Pick<Kernel, "readSetting" | "writeSetting">,
  { links, routes }: Pick<ObservedState, "links" | "routes">,
): readonly string[] {
  const advertised = new Set(
    routes.filter(({ protocol }) => protocol === BY_ADVERTISEMENT).map(({ device }) => device),
  );
  return links
    .filter(({ name, kind }) => name !== "lo" && !isOwnLink(name) && (kind === "" || advertised.has(name)))
    .flatMap(({ name }) => {
      const path = `net/ipv6/conf/${name}`;
      const heeds = kernel.readSetting(`${path}/accept_ra`) === "1" && kernel.readSetting(`${path}/forwarding`) === "0";
      if (!heeds) return [];
      kernel.writeSetting(`${path}/accept_ra`, "2");
      return [`device ${name} goes on heeding routers' advertisements while this host forwards IPv6 (accept_ra 2)`];
    });
}
