import type { ContentKind } from "../shared/objects/file-reference.ts";
import type { Cli } from "./cli.ts";
import type { Flags } from "./flags.ts";
import type { OptionSpec } from "./option-spec.ts";

/** A module with a command's work; a method, so that a `Run` which reads only its own options fits. */
export interface Runnable {
  run(cli: Cli, args: readonly string[], flags: Flags): Promise<void>;
}

export interface CommandSpec {
  readonly name: string;
  /** Other words for it. The help shows the first one beside the name. */
  readonly aliases?: readonly string[];
  /** `<node...>`, `<image> [command] [arg...]`. */
  readonly args?: string;
  readonly summary: string;
  /** A function where the table of all fields is needed to make them: most command lines do without loading it. */
  readonly options?: readonly OptionSpec[] | (() => Promise<readonly OptionSpec[]>);
  /** Command lines, shown below the help. */
  readonly examples: readonly string[];
  /** Options end at the first argument, because what follows belongs to the container. */
  readonly stopAtArgument?: true;
  /** Completion offers names of these after the options. */
  readonly completes?: "node" | "service" | "network" | "stack" | ContentKind | readonly string[];
  readonly load: () => Promise<Runnable>;
}

export interface GroupSpec {
  readonly name: string;
  readonly summary: string;
  readonly commands: readonly CommandSpec[];
}
