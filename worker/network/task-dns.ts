import { messageOf } from "../../shared/errors.ts";
import type { NetworkKernel, NetworkNamespaces } from "../ports/network-kernel.ts";
import type { Attachment } from "./attachment.ts";
import { NFT_TABLE } from "./names.ts";
import { renderTaskDns, TASK_DNS_SYSCTLS, type TaskDnsRules } from "./task-dns-rules.ts";

const TABLE = { family: "ip", name: NFT_TABLE } as const;

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
    await load(inside, rules);
  } finally {
    inside.close();
  }
}

/**
 * Looks whether what leads tasks to their name server is still there, and brings it back; resolves with what was wrong,
 * in words. A rule that somebody took out of our table is not seen.
 */
export async function mendTaskDns(
  namespaces: NetworkNamespaces,
  attachments: readonly Attachment[],
  gateway: string,
): Promise<readonly string[]> {
  const findings: string[] = [];
  for (const { taskId, namespacePath, networks } of attachments) {
    if (networks.length === 0) continue;
    try {
      const inside = await namespaces.open(namespacePath);
      try {
        if (await isLed(inside)) continue;
        // Whoever took them away may have rules of their own.
        await load(inside, { gateway, mayHaveRules: true });
        findings.push(`what leads task ${taskId} to its name server was missing`);
      } finally {
        inside.close();
      }
    } catch (error) {
      findings.push(`it is not known whether task ${taskId} is led to its name server: ${messageOf(error)}`);
    }
  }
  return findings;
}

async function isLed(inside: NetworkKernel): Promise<boolean> {
  const hasSettings = [...TASK_DNS_SYSCTLS].every(([path, value]) => inside.readSetting(path) === value);
  return hasSettings && (await inside.hasRules(TABLE));
}

async function load(inside: NetworkKernel, rules: TaskDnsRules): Promise<void> {
  // In this order: the rules guard what the settings open.
  await inside.loadRules(renderTaskDns(rules), [TABLE]);
  for (const [path, value] of TASK_DNS_SYSCTLS) inside.writeSetting(path, value);
}
