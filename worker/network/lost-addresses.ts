import { messageOf } from "../../shared/errors.ts";
import type { Logger } from "../../shared/log.ts";
import type { NetworkNamespaces } from "../ports/network-kernel.ts";
import { addressesOn } from "./attached-network.ts";
import { type Attachment, hostLinkAddresses, hostLinkAddresses6 } from "./attachment.ts";

/** Addresses of every family that a task has by one attachment and no more by the next. */
export function lostAddresses(before: Attachment, after: Attachment): readonly string[] {
  const kept = new Set(allAddresses(after));
  return allAddresses(before).filter((address) => !kept.has(address));
}

/**
 * Ends what the task's programs have open under addresses that it loses: nothing would come back to them, and TCP tells
 * a program so only after a quarter of an hour. What the kernel does not end is no reason to leave the task as it was.
 */
export async function endConnections(
  namespaces: NetworkNamespaces,
  { taskId, namespacePath }: Pick<Attachment, "taskId" | "namespacePath">,
  addresses: readonly string[],
  log: Logger,
): Promise<void> {
  if (addresses.length === 0) return;
  try {
    const inside = await namespaces.open(namespacePath);
    const left = await inside.endConnections(addresses).finally(() => inside.close());
    if (left > 0) log.warn("the kernel does not end connections of a task's former addresses", { taskId, left });
  } catch (error) {
    log.warn("connections of a task's former addresses were not ended", { taskId, error: messageOf(error) });
  }
}

function allAddresses(attachment: Attachment): readonly string[] {
  const { networks } = attachment;
  return [...hostLinkAddresses(attachment), ...hostLinkAddresses6(attachment), ...networks.flatMap(addressesOn)];
}
