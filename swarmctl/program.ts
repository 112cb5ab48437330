import { Command, CommanderError, Option } from "commander";
import type { Cli } from "./cli.ts";
import type { CommandSpec, OptionSpec } from "./command-spec.ts";
import { GROUPS, TOP_COMMANDS } from "./commands.ts";
import { Flags } from "./flags.ts";

/** What a command line comes to. */
export type Outcome =
  | { readonly kind: "done" }
  /** Help or version was printed. */
  | { readonly kind: "help" }
  | { readonly kind: "usage"; readonly message: string };

/** Finds the command in `words` and runs it with the cli that `open` makes from the global options. */
export async function runProgram(
  words: readonly string[],
  version: string,
  open: (global: { readonly socket?: string }) => Cli,
  print: (text: string) => void,
): Promise<Outcome> {
  const program = createProgram(version, open, print);
  try {
    await program.parseAsync(words.map(spelledOut), { from: "user" });
    return { kind: "done" };
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0 || error.code === "commander.help") return { kind: "help" };
    return { kind: "usage", message: error.message.replace(/^error: /, "") };
  }
}

function createProgram(
  version: string,
  open: (global: { readonly socket?: string }) => Cli,
  print: (text: string) => void,
): Command {
  const program = new Command("swarmctl")
    .description("Manage a swarm: hosts that run services together.")
    .version(version, "-v, --version", "print the version")
    .option("-H, --socket <path>", "socket of the local swarmd (default $SWARM_SOCKET or /run/swarm/swarmd.sock)")
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({ writeOut: print, writeErr: print, outputError: () => {} })
    .configureHelp({ showGlobalOptions: false, sortSubcommands: false })
    .helpCommand(false)
    .showSuggestionAfterError(true);
  const openHere = (): Cli => open(program.opts<{ socket?: string }>());
  for (const group of GROUPS) {
    const parent = program.command(group.name).description(group.summary).helpCommand(false);
    parent.copyInheritedSettings(program);
    for (const spec of group.commands) addCommand(parent, spec, openHere);
  }
  for (const spec of TOP_COMMANDS) addCommand(program, spec, openHere);
  return program;
}

function addCommand(parent: Command, spec: CommandSpec, open: () => Cli): void {
  const command = parent.command(spec.args === undefined ? spec.name : `${spec.name} ${spec.args}`);
  command.copyInheritedSettings(parent).description(spec.summary);
  if (spec.alias !== undefined) command.alias(spec.alias);
  if (spec.stopAtArgument === true) command.passThroughOptions();
  for (const option of spec.options ?? []) command.addOption(toOption(option));
  command.addHelpText("after", `\nExamples:\n${spec.examples.map((line) => `  ${line}`).join("\n")}\n`);
  command.action(async () => {
    const { run } = await spec.load();
    await run(open(), command.args, new Flags(command.opts()));
  });
}

function toOption(spec: OptionSpec): Option {
  const option = new Option(spec.flags, spec.help);
  if (spec.repeat === true) {
    option.argParser((value: string, before: readonly string[] | undefined) => [...(before ?? []), value]);
  }
  return option;
}

/** Docker's users write switches with a value; the parser knows only switches. */
function spelledOut(word: string): string {
  return word.replace(/^(--detach|--quiet|--force)=true$/, "$1");
}
