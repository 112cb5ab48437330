import { type Command, CommanderError, Option } from "commander";
import { absentCommand, absentOption } from "./absent.ts";
import type { Cli } from "./cli.ts";
import type { CommandSpec } from "./command-spec.ts";
import { GROUPS, SECTIONS, TOP_COMMANDS } from "./commands.ts";
import { DockerCommand } from "./docker-command.ts";
import { Flags } from "./flags.ts";
import { longName, type OptionSpec } from "./option-spec.ts";
import { optionsOf } from "./options-of.ts";

/** The outcome of a command line. */
export type Outcome =
  | { readonly kind: "done" }
  /** Help or version was printed. */
  | { readonly kind: "help" }
  /** `command` is the part of the line that was recognised: "swarmctl service create". */
  | { readonly kind: "usage"; readonly message: string; readonly command: string };

/** Finds the command in `words` and runs it with the cli that `open` makes from the global options. */
export async function runProgram(
  words: readonly string[],
  version: string,
  open: (global: { readonly socket?: string }) => Cli,
  print: (text: string) => void,
): Promise<Outcome> {
  let command = "swarmctl";
  const program = await createProgram(words, version, open, print, (path) => {
    command = path;
  });
  try {
    await program.parseAsync(words, { from: "user" });
    return { kind: "done" };
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0 || error.code === "commander.help") return { kind: "help" };
    return { kind: "usage", message: toSentence(error.message), command };
  }
}

/**
 * The parser. Of fifty commands one is meant, and making the others' options took longer than running it: a command
 * whose name is not among the words has only its name, for suggestions. A help may list them all with their options.
 */
async function createProgram(
  words: readonly string[],
  version: string,
  open: (global: { readonly socket?: string }) => Cli,
  print: (text: string) => void,
  onFailure: (path: string) => void,
): Promise<Command> {
  const program = new DockerCommand("swarmctl")
    .description("Manage a swarm: hosts that run services together.")
    .version(version, "-v, --version", "print the version")
    .option("-H, --socket <path>", "socket of the local swarmd (default $SWARM_SOCKET or /run/swarm/swarmd.sock)")
    .enablePositionalOptions()
    .exitOverride(told(onFailure, "swarmctl"))
    .configureOutput({ writeOut: print, writeErr: print, outputError: () => {} })
    .configureHelp({ showGlobalOptions: false, sortSubcommands: false, subcommandTerm })
    .helpCommand(false)
    .showSuggestionAfterError(true);
  const openHere = (): Cli => open(program.opts<{ socket?: string }>());
  const wantsHelp = words.includes("-h") || words.includes("--help");
  const isNamed = ({ name, aliases = [] }: Named): boolean => [name, ...aliases].some((word) => words.includes(word));
  const wantsVersion = words[0] === "-v" || words[0] === "--version";
  const isMeant = (spec: Named, among: readonly Named[]): boolean =>
    wantsHelp || isNamed(spec) || !(wantsVersion || among.some(isNamed));
  for (const { heading, groups, commands } of SECTIONS) {
    for (const group of groups) {
      const parent = program.command(group.name).description(group.summary).helpCommand(false).helpGroup(heading);
      parent.copyInheritedSettings(program).exitOverride(told(onFailure, `swarmctl ${group.name}`));
      for (const spec of isNamed(group) ? group.commands : []) {
        const options = isMeant(spec, group.commands) ? await optionsOf(spec) : null;
        const made = addCommand(parent, spec, options, openHere);
        made.exitOverride(told(onFailure, `swarmctl ${group.name} ${spec.name}`, options ?? []));
      }
    }
    for (const spec of commands) {
      const options = isMeant(spec, [...TOP_COMMANDS, ...GROUPS]) ? await optionsOf(spec) : null;
      const made = addCommand(program, spec, options, openHere).helpGroup(heading);
      made.exitOverride(told(onFailure, `swarmctl ${spec.name}`, options ?? []));
    }
  }
  return program;
}

/** A command in a list: arguments only below its noun, where the list is short. */
function subcommandTerm(command: Command): string {
  const names = [command.name(), ...command.aliases().slice(0, 1)].join("|");
  return command.parent?.parent === null ? names : [names, usageOfArguments(command)].join(" ").trimEnd();
}

const usageOfArguments = ({ registeredArguments }: Command): string =>
  registeredArguments
    .map((each) => {
      const name = each.name() + (each.variadic ? "..." : "");
      return each.required ? `<${name}>` : `[${name}]`;
    })
    .join(" ");

type Named = Pick<CommandSpec, "name" | "aliases">;

/**
 * The parser's errors do not name the command they came from, and the most similar option is not always the one that
 * was meant.
 */
function told(
  onFailure: (path: string) => void,
  path: string,
  options: readonly OptionSpec[] = [],
): (error: CommanderError) => never {
  return (error) => {
    onFailure(path);
    const unknown = unknownOption(error.message);
    const names = options.map(longName);
    if (unknown !== undefined && names.includes(`${unknown}-add`)) {
      const also = names.includes(`${unknown}-rm`) ? ` (or ${unknown}-rm)` : "";
      throw saying(error, `unknown option '${unknown}': did you mean ${unknown}-add${also}?`);
    }
    const absent = absentOption(unknown ?? "", path) ?? absentCommand(unknownCommand(error.message) ?? "");
    throw absent === undefined ? error : saying(error, absent);
  };
}

const saying = ({ exitCode, code }: CommanderError, message: string): CommanderError =>
  new CommanderError(exitCode, code, message);

/** The command that the parser does not know, likewise. */
function unknownCommand(complaint: string): string | undefined {
  return /unknown command '([a-z-]+)'/.exec(complaint)?.[1];
}

/** The long option that the parser does not know, taken from its error message. */
function unknownOption(complaint: string): string | undefined {
  return /unknown option '(--[a-z-]+)/.exec(complaint)?.[1];
}

/** `options` is null for a command that is not meant. */
function addCommand(
  parent: DockerCommand,
  spec: CommandSpec,
  options: readonly OptionSpec[] | null,
  open: () => Cli,
): Command {
  const command = parent.command(spec.args === undefined ? spec.name : `${spec.name} ${spec.args}`);
  command.copyInheritedSettings(parent).description(spec.summary);
  command.aliases(spec.aliases ?? []);
  if (options === null) return command;
  command.stopsAtArgument = spec.stopAtArgument === true;
  if (command.stopsAtArgument) command.passThroughOptions();
  for (const option of options) addOption(command, option);
  command.addHelpText("after", `\nExamples:\n${spec.examples.map((line) => `  ${line}`).join("\n")}\n`);
  command.action(async () => {
    const { run } = await spec.load();
    await run(open(), command.args, new Flags(givenOptions(command)));
  });
  return command;
}

/** Without the parser's own defaults, which a `--no-x` has: options that were not given are absent. */
function givenOptions(command: Command): Readonly<Record<string, unknown>> {
  const given = Object.entries(command.opts()).filter(([name]) => command.getOptionValueSource(name) !== "default");
  return Object.fromEntries(given);
}

function addOption(command: DockerCommand, spec: OptionSpec): void {
  const { flags, help, repeat, formerly = [] } = spec;
  for (const name of formerly) command.former.set(name, longName(spec));
  if (!flags.includes("<")) {
    command.addSwitch(flags, help);
    return;
  }
  const option = new Option(flags, help);
  if (repeat === true) {
    option.argParser((value: string, before: readonly string[] | undefined) => [...(before ?? []), value]);
  }
  command.addOption(option);
}

/** The parser's error, which may have a suggestion on a second line, as one sentence. */
function toSentence(text: string): string {
  return text
    .replace(/^error: /, "")
    .replace(/\n\((Did|did)( you mean .*\?)\)$/, ": did$2")
    .replace(/\.$/, "");
}
