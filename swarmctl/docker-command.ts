import { Command, Option } from "commander";

/**
 * The parser's command, which reads switches as Docker's users write them: `--read-only=true`, `--read-only=false`.
 * Words behind the first argument of a command that passes them on (a container's own command) are left alone.
 */
export class DockerCommand extends Command {
  /** Whether options end at the first argument. */
  stopsAtArgument = true;

  override createCommand(name?: string): DockerCommand {
    return new DockerCommand(name);
  }

  /** A switch, and hidden beside it what turns it off again. */
  addSwitch(flags: string, help: string): void {
    const option = new Option(flags, help);
    this.addOption(option);
    if (!option.negate) this.addOption(new Option(`--no-${option.long?.slice(2)}`).hideHelp());
  }

  override parseOptions(words: string[]): ReturnType<Command["parseOptions"]> {
    return super.parseOptions(this.#spelledOut(words));
  }

  #spelledOut(words: readonly string[]): string[] {
    const result: string[] = [];
    for (let at = 0; at < words.length; at++) {
      const word = words[at] ?? "";
      if (word === "--" || (!word.startsWith("-") && this.stopsAtArgument)) return [...result, ...words.slice(at)];
      const [, long, value] = /^(--[a-z-]+)=(true|false|1|0)$/.exec(word) ?? [];
      const option = this.options.find((each) => each.long === (long ?? word) || each.short === word);
      if (option?.required === false && !option.optional && long !== undefined) {
        if (value === "true" || value === "1") result.push(long);
        else if (!option.negate) result.push(`--no-${long.slice(2)}`);
        continue;
      }
      result.push(word);
      // The word behind an option that takes one is its value, whatever it looks like.
      if (option?.required === true && long === undefined && at + 1 < words.length) result.push(words[++at] ?? "");
    }
    return result;
  }
}
