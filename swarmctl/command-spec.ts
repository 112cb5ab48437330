import type { Run } from "./cli.ts";

/** An option as help, completion and the parser see it. */
export interface OptionSpec {
  /** `-p, --publish <port>`; without `<...>` it is a switch. */
  readonly flags: string;
  readonly help: string;
  /** May be given many times. */
  readonly repeat?: true;
  /** Words that completion offers. */
  readonly words?: readonly string[];
}

export interface CommandSpec {
  readonly name: string;
  readonly alias?: string;
  /** `<node...>`, `<image> [command] [arg...]`. */
  readonly args?: string;
  readonly summary: string;
  readonly options?: readonly OptionSpec[];
  /** Command lines, shown under the help. */
  readonly examples: readonly string[];
  /** Options end at the first argument, because what follows belongs to the container. */
  readonly stopAtArgument?: true;
  /** Completion offers names of these after the options. */
  readonly completes?: "node" | "service" | readonly string[];
  readonly load: () => Promise<{ readonly run: Run }>;
}

export interface GroupSpec {
  readonly name: string;
  readonly summary: string;
  readonly commands: readonly CommandSpec[];
}

/** The long name of an option: `--publish`. */
export function longName(option: OptionSpec): string {
  return /--[a-z-]+/.exec(option.flags)?.[0] ?? option.flags;
}
