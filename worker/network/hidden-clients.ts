import { blocksOverlap, toBlock } from "../../shared/ip-block.ts";
import { addressOf } from "../../shared/ipv4.ts";
import { type Attachment, hostLinkAddresses6 } from "./attachment.ts";
import type { RuleSet } from "./rule-set.ts";
import type { Family, NetworkView } from "./user-network/network-view.ts";

/**
 * Blocks in which a task would look for a client on one of its networks, and so would never answer through its link to
 * the host: people may give a network the addresses of their own LAN. Such clients of a published port, and only they,
 * come to the task under the host's address. Blocks of one task that overlap are told once, by the larger one, since
 * nft takes no others.
 */
export function hiddenClients(
  attachments: readonly Attachment[],
  networks: readonly NetworkView[],
  of: Family = "ipv4",
): RuleSet["hiddenClients"] {
  const views = new Map(networks.map((view) => [view.id, view]));
  return attachments.filter(isPublished).flatMap((attachment) => {
    const task = of === "ipv4" ? addressOf(attachment.cidr) : hostLinkAddresses6(attachment)[0];
    if (task === undefined) return [];
    const blocks = attachment.networks
      .flatMap(({ networkId }) => views.get(networkId)?.blocks ?? [])
      .flatMap(({ cidr, family }) => (family === of ? [{ cidr, block: toBlock(cidr) }] : []))
      .toSorted((a, b) => (a.block?.prefix ?? 0) - (b.block?.prefix ?? 0));
    const apart = blocks.filter(
      ({ block }, at) =>
        block !== null &&
        !blocks.slice(0, at).some((larger) => larger.block !== null && blocksOverlap(larger.block, block)),
    );
    return apart.map(({ cidr }) => ({ task, clients: cidr }));
  });
}

function isPublished({ kind, hostPorts }: Attachment): boolean {
  return kind === "ingress" || hostPorts.length > 0;
}
