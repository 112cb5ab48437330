import { silentLogger } from "../../../shared/log.ts";
import { systemClock } from "../../../shared/ports/system-clock.ts";
import { systemRandom } from "../../../shared/ports/system-random.ts";
import { Gossip, type GossipDeps, type GossipOptions } from "../../../worker/gossip/gossip.ts";
import { openSystemTransport } from "../../../worker/gossip/ports/system-gossip-transport.ts";

/** Of the measured cluster; nothing else is encrypted with it. */
export const CLUSTER_KEY = new Uint8Array(32).fill(7);

/** A member as swarmd starts it: real sockets, sealed, compressed. */
export function startGossip(
  options: Pick<GossipOptions, "name" | "listen" | "meta" | "profile">,
  onMember: GossipDeps["onMember"] = () => {},
): Promise<Gossip> {
  return Gossip.start(
    { ...options, label: "", compress: true, acceptPlain: false },
    {
      open: openSystemTransport,
      keyring: () => ({ primary: CLUSTER_KEY, keys: [CLUSTER_KEY] }),
      clock: systemClock,
      random: systemRandom,
      log: silentLogger,
      onMember,
    },
  );
}
