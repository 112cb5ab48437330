import { SwarmError } from "../../../shared/errors.ts";
import type { ContainerKey } from "../../../shared/ids.ts";
import type { TopRequest, TopResponse } from "../../../shared/rpc/gen/streams.ts";
import type { ContainerLookup } from "../../executor/container-lookup.ts";
import type { CgroupTree } from "../../ports/cgroup-tree.ts";
import type { CommandResult, CommandRunner } from "../../ports/command-runner.ts";
import type { OnUse } from "./use-event.ts";

export interface TopParts {
  readonly lookup: ContainerLookup;
  readonly cgroups: CgroupTree;
  /** Path of a container's control group. */
  readonly groupOf: (key: ContainerKey) => string;
  readonly commands: CommandRunner;
  readonly onUse: OnUse;
}

const PS_MS_MAX = 10_000;
const DEFAULT_OPTIONS = ["-ef"];

/** The processes of a container as `ps` of this host shows them, with numbers of the host, as in Docker. */
export async function top(parts: TopParts, { container, psOptions }: TopRequest): Promise<TopResponse> {
  const { key, name } = await parts.lookup.findRunning(container);
  const options = psOptions.length === 0 ? DEFAULT_OPTIONS : psOptions;
  const pids = await parts.cgroups.processesIn(parts.groupOf(key));
  const { exitCode, stdout, stderr } = await ps(parts.commands, options, pids);
  if (exitCode !== 0) {
    const said = stderr.trim().split("\n")[0] ?? "";
    throw new SwarmError("invalidArgument", `ps ${options.join(" ")} failed on the host of ${name}: ${said}`);
  }
  const table = readTable(stdout, new Set(pids));
  parts.onUse(key, "top");
  return table;
}

/**
 * Without a choice of its own, as in `-o pid,args`, ps shows the processes of its own terminal, which here are those
 * without any: a shell of `exec -it` would be missing. Options that choose themselves do not go with that of numbers.
 */
async function ps(
  commands: CommandRunner,
  options: readonly string[],
  pids: readonly number[],
): Promise<CommandResult> {
  const limits = { timeoutMs: PS_MS_MAX };
  const chosen = await commands.run(["ps", ...options, `-q${pids.join(",")}`], limits);
  return chosen.exitCode === 0 ? chosen : await commands.run(["ps", ...options], limits);
}

/**
 * The rows of a table of `ps` that are about some processes. The last column has all that is left of a line.
 * @throws SwarmError invalidArgument when the table does not say which process a row is about.
 */
export function readTable(text: string, pids: ReadonlySet<number>): TopResponse {
  const [head = "", ...rows] = text.split("\n").filter((line) => line.trim() !== "");
  const titles = head.trim().split(/\s+/);
  const pidAt = titles.indexOf("PID");
  if (pidAt === -1) throw new SwarmError("invalidArgument", "the options of ps must leave the column PID in its table");
  const processes = rows.flatMap((row) => {
    const words = row.trim().split(/\s+/);
    const fields = [...words.slice(0, titles.length - 1), words.slice(titles.length - 1).join(" ")];
    return pids.has(Number(fields[pidAt])) ? [{ fields }] : [];
  });
  return { titles, processes };
}
