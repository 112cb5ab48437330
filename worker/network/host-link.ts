import { canonicalCidr } from "../../shared/ipv4.ts";
import { attachNetworks } from "./attached-network.ts";
import type { Attachment } from "./attachment.ts";
import { interfaceAt } from "./names.ts";

type Wish = Parameters<typeof attachNetworks>[1];

/** What a task that runs is to have from now on. */
export interface ChangedWish {
  /** Its address on the ingress network, with prefix length; null = its service publishes nothing there. */
  readonly ingress: string | null;
  readonly networks: Wish;
  /** A free host-local address, should one be needed. */
  readonly nextEgressCidr: () => string;
  /** The address of IPv6 that goes with one of IPv4; null = none. */
  readonly cidr6Of: (kind: Attachment["kind"], cidr: string) => string | null;
}

/**
 * The attachments that lead a running task from what it has to what it should have, in order, each to be brought about
 * before the next; none = it has it already. A first published port makes it another link to its host, with its
 * addresses on ingress, and the last one that goes makes it the host-local one again. The new link has a name of its
 * own inside, so that it is there before the old one goes.
 */
export function attachmentSteps(before: Attachment, wish: ChangedWish): readonly Attachment[] {
  const ingress = wish.ingress === null ? null : canonicalCidr(wish.ingress);
  // Its link would stay the same device, and so would its inside.
  const isReplaced = before.kind === "ingress" && ingress !== null && ingress !== before.cidr;
  const first = changed(before, isReplaced ? null : ingress, wish);
  const last = isReplaced ? changed(first, ingress, wish) : first;
  return [first, last].filter((one, at, all) => one !== (all[at - 1] ?? before));
}

function changed(before: Attachment, ingress: string | null, wish: ChangedWish): Attachment {
  const { networks, nextEgressCidr, cidr6Of } = wish;
  const places = attachNetworks(before.networks, networks, [before.interfaceName]);
  const isSame = places.length === before.networks.length && places.every((one) => before.networks.includes(one));
  const moved = isSame ? before : { ...before, networks: places };
  if ((before.kind === "ingress") === (ingress !== null)) return moved;
  const taken = new Set([before, moved].flatMap((one) => [one.interfaceName, ...namesOf(one)]));
  const link = { ...moved, interfaceName: freeInterface(taken) };
  const kind = ingress === null ? "egress" : "ingress";
  const cidr = ingress ?? before.formerCidr ?? nextEgressCidr();
  return { ...link, kind, cidr, cidr6: cidr6Of(kind, cidr), formerCidr: ingress === null ? null : before.cidr };
}

function namesOf({ networks }: Attachment): readonly string[] {
  return networks.map(({ interfaceName }) => interfaceName);
}

function freeInterface(taken: ReadonlySet<string>): string {
  let number = 0;
  while (taken.has(interfaceAt(number))) number++;
  return interfaceAt(number);
}
