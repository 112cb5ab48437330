import type { NetworkNamespaces } from "../ports/network-kernel.ts";
import type { Attachment } from "./attachment.ts";
import { NFT_TABLE } from "./names.ts";
import { renderTaskDns, TASK_DNS_SYSCTLS, type TaskDnsRules } from "./task-dns-rules.ts";

/**
 * Leads a task's namespace to the DNS server at the gateway of its host link. May be done again at any time.
 * @throws SwarmError internal when the kernel refuses.
 */
export async function loadTaskDns(
  namespaces: NetworkNamespaces,
  { namespacePath }: Pick<Attachment, "namespacePath">,
  rules: TaskDnsRules,
): Promise<void> {
  const inside = await namespaces.open(namespacePath);
  try {
    // In this order: the rules guard what the settings open.
    await inside.loadRules(renderTaskDns(rules), [{ family: "ip", name: NFT_TABLE }]);
    for (const [path, value] of TASK_DNS_SYSCTLS) inside.writeSetting(path, value);
  } finally {
    inside.close();
  }
}
