import type { Run } from "../cli.ts";
import type { CommandSpec, GroupSpec } from "../command-spec.ts";
import { optionsOf } from "../options-of.ts";
import { usageError } from "../parse/usage.ts";
import { bashCompletion, type CompletedCommand } from "./script.ts";

/** The command that prints the completion of these commands. */
export function createRun(top: readonly CommandSpec[], groups: readonly GroupSpec[]): Run {
  return async (cli, args) => {
    if (args[0] !== "bash") throw usageError(`no completion for the shell "${args[0] ?? ""}": only bash is supported`);
    const commands = await Promise.all(top.map(withOptions));
    const offered = groups.map(async (group) => ({
      ...group,
      commands: await Promise.all(group.commands.map(withOptions)),
    }));
    cli.output.line(bashCompletion(commands, await Promise.all(offered)).trimEnd());
  };
}

async function withOptions(spec: CommandSpec): Promise<CompletedCommand> {
  return { ...spec, options: await optionsOf(spec) };
}
