import type { CommandSpec, GroupSpec } from "../command-spec.ts";
import { longName, type OptionSpec } from "../option-spec.ts";

/** A command with all that it offers at hand. */
export type CompletedCommand = CommandSpec & { readonly options: readonly OptionSpec[] };
type CompletedGroup = Pick<GroupSpec, "name"> & { readonly commands: readonly CompletedCommand[] };

/** A completion script for bash, made from the same table as the parser and the help. */
export function bashCompletion(top: readonly CompletedCommand[], groups: readonly CompletedGroup[]): string {
  const topWords = [
    ...top.map(({ name }) => name),
    ...groups.map(({ name }) => name),
    "--socket",
    "--help",
    "--version",
  ];
  const cases = [
    pattern(" ", topWords.join(" ")),
    ...groups.map((group) => pattern(`${group.name} `, group.commands.map(({ name }) => name).join(" "))),
    ...groups.flatMap((group) =>
      group.commands.map((command) => pattern(`${group.name} ${command.name}`, words(command))),
    ),
    ...top.map((command) => pattern(`${command.name} *`, words(command), true)),
  ];
  const values = unique([...top, ...groups.flatMap((group) => group.commands)].flatMap(({ options }) => options));
  return `# Completion of swarmctl for bash, printed by \`swarmctl completion bash\`.
# shellcheck shell=bash

# Words that bash would expand, and other odd ones, are not offered: names are chosen by hosts and other people.
_swarmctl_names() {
  timeout 2 swarmctl "$1" ls --format "{{.$2}}" 2>/dev/null | grep -xE '[A-Za-z0-9_.-]+'
}

_swarmctl() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]} word candidates="" words=()
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    if [[ $word != -* ]]; then words+=("$word"); fi
  done
  case $previous in
${values.map((option) => `    ${longName(option)}) candidates="${(option.words ?? []).join(" ")}" ;;`).join("\n")}
    *)
      case "\${words[0]:-} \${words[1]:-}" in
${cases.join("\n")}
      esac
      ;;
  esac
  mapfile -t COMPREPLY < <(compgen -W "$candidates" -- "$current")
}

complete -F _swarmctl swarmctl
`;
}

/** What may follow a command: its options and the names it takes. */
function words({ options, completes }: CompletedCommand): string {
  const names = typeof completes === "string" ? [namesOf(completes)] : (completes ?? []);
  return [...options.map(longName), "--help", ...names].join(" ");
}

/** A command that prints the names of all objects of a noun. */
function namesOf(noun: string): string {
  return `$(_swarmctl_names ${noun} ${noun === "node" ? "Hostname" : "Name"})`;
}

function pattern(when: string, candidates: string, glob = false): string {
  const quoted = glob ? `"${when.slice(0, -1)}"*` : `"${when}"`;
  return `        ${quoted}) candidates="${candidates}" ;;`;
}

/** Options that take one of a few words, listed once each: after their name only those words make sense. */
function unique(options: readonly OptionSpec[]): readonly OptionSpec[] {
  const byName = new Map(
    options.filter(({ words: list }) => list !== undefined).map((option) => [longName(option), option]),
  );
  return [...byName.values()];
}
