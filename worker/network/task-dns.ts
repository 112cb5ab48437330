import type { NetworkNamespaces } from "../ports/network-kernel.ts";
import type { Attachment } from "./attachment.ts";
import { NFT_TABLE } from "./names.ts";
import { renderTaskDns, type TaskDnsRules, taskDnsSysctls } from "./task-dns-rules.ts";

/**
 * Leads a task's namespace to the DNS server at the gateway of its host link. May be done again at any time.
 * @throws SwarmError internal when the kernel refuses.
 */
export async function loadTaskDns(
  namespaces: NetworkNamespaces,
  { namespacePath, interfaceName }: Pick<Attachment, "namespacePath" | "interfaceName">,
  rules: TaskDnsRules,
): Promise<void> {
  const inside = await namespaces.open(namespacePath);
  try {
    // In this order: the rules guard what the settings open.
    await inside.loadRules(renderTaskDns(rules), [{ family: "ip", name: NFT_TABLE }]);
    for (const [path, value] of taskDnsSysctls(interfaceName)) inside.writeSetting(path, value);
  } finally {
    inside.close();
  }
}
