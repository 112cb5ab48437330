import { SwarmError } from "../../shared/errors.ts";
import type { CommandRunner } from "../ports/command-runner.ts";
import { TASK_INTERFACE } from "./names.ts";
import { renderTaskDns, type TaskDnsRules, taskDnsSysctls } from "./task-dns-rules.ts";

/** Both programs only talk to the kernel. */
const PROGRAM_TIMEOUT_MS = 10_000;

/**
 * Leads a task's namespace to the DNS server at the gateway of its host link. May be done again at any time.
 * @throws SwarmError internal when the kernel refuses.
 */
export async function loadTaskDns(runner: CommandRunner, namespacePath: string, rules: TaskDnsRules): Promise<void> {
  const must = async (argv: readonly [string, ...string[]], input = ""): Promise<void> => {
    const inside = ["nsenter", `--net=${namespacePath}`, ...argv] as const;
    const result = await runner.run(inside, { input, timeoutMs: PROGRAM_TIMEOUT_MS });
    if (result.exitCode === 0) return;
    throw new SwarmError("internal", `${argv.join(" ")} in ${namespacePath}: ${result.stderr.trim().slice(0, 500)}`);
  };
  // In this order: the rules guard what the settings open.
  await must(["nft", "-f", "-"], renderTaskDns(rules));
  for (const [path, value] of taskDnsSysctls(TASK_INTERFACE))
    await must(["sysctl", "-q", "-w", `${path.replaceAll("/", ".")}=${value}`]);
}
