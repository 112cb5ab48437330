import { Command, Option } from "commander";

/** What Go's flags take for a boolean, and so Docker's. */
const ON = new Set(["1", "t", "T", "true", "TRUE", "True"]);
const OFF = new Set(["0", "f", "F", "false", "FALSE", "False"]);

/**
 * The parser's command, which reads switches as Docker's users write them: `--read-only=true`, `--read-only=false`.
 * Words after the first argument of a command that passes them on (a container's own command) are left alone.
 */
export class DockerCommand extends Command {
  /** Whether options end at the first argument. */
  stopsAtArgument = true;

  /** The present long name of each former one. */
  readonly former = new Map<string, string>();

  override createCommand(name?: string): DockerCommand {
    return new DockerCommand(name);
  }

  /** A switch and, hidden, the switch that undoes it: `--no-read-only`, `--healthcheck`. */
  addSwitch(flags: string, help: string): void {
    const option = new Option(flags, help);
    this.addOption(option);
    this.addOption(new Option(opposite(option)).hideHelp());
  }

  override parseOptions(words: string[]): ReturnType<Command["parseOptions"]> {
    return super.parseOptions(this.#spelledOut(words));
  }

  #spelledOut(words: readonly string[]): string[] {
    const result: string[] = [];
    for (let at = 0; at < words.length; at++) {
      const word = this.#presentName(words[at] ?? "");
      if (word === "--" || (!word.startsWith("-") && this.stopsAtArgument)) return [...result, ...words.slice(at)];
      const [, long, value] = /^(--[a-z0-9-]+)=(.*)$/s.exec(word) ?? [];
      const option = this.options.find((each) => each.long === (long ?? word) || each.short === word);
      if (option?.required === false && !option.optional && long !== undefined && value !== undefined) {
        if (!ON.has(value) && !OFF.has(value)) {
          this.error(`error: invalid value "${value}" for ${long}: expected true or false`);
        }
        result.push(ON.has(value) ? long : opposite(option));
        continue;
      }
      result.push(word);
      // The word after an option that takes a value is its value, whatever it looks like.
      if (option?.required === true && long === undefined && at + 1 < words.length) result.push(words[++at] ?? "");
    }
    return result;
  }

  /** A word whose long name is a former one, with the present one. */
  #presentName(word: string): string {
    const [name = ""] = word.split("=", 1);
    const present = this.former.get(name);
    return present === undefined ? word : `${present}${word.slice(name.length)}`;
  }
}

function opposite({ negate, long = "" }: Option): string {
  return negate ? long.replace(/^--no-/, "--") : `--no-${long.slice(2)}`;
}
