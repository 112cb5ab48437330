import type { Run } from "../cli.ts";
import type { CommandSpec, GroupSpec } from "../command-spec.ts";
import { usageError } from "../parse/usage.ts";
import { bashCompletion } from "./script.ts";

/** The command that prints the completion of these commands. */
export function createRun(top: readonly CommandSpec[], groups: readonly GroupSpec[]): Run {
  return async (cli, args) => {
    if (args[0] !== "bash") throw usageError(`no completion for the shell "${args[0] ?? ""}": only bash is supported`);
    cli.output.line(bashCompletion(top, groups).trimEnd());
  };
}
