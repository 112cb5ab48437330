import type { CommandSpec } from "./command-spec.ts";
import type { OptionSpec } from "./option-spec.ts";

/** What a command offers, made now if it is made only when asked for. */
export async function optionsOf({ options = [] }: Pick<CommandSpec, "options">): Promise<readonly OptionSpec[]> {
  return typeof options === "function" ? await options() : options;
}
