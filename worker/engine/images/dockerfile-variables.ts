import { SwarmError } from "../../../shared/errors.ts";
import type { Instruction } from "./dockerfile.ts";

const VARIABLE = /\\([\s\S])|\$(?:([A-Za-z_]\w*)|\{([A-Za-z_]\w*)(?::([-+])([^}]*))?\})/g;
const ASSIGNMENT = /([A-Za-z_]\w*)=("(?:[^"\\]|\\.)*"|'[^']*'|(?:[^\s"'\\]|\\.)*)/g;

/** The variables that a Dockerfile itself has said by ARG and ENV, as they are at an instruction. */
export class DockerfileVariables {
  readonly #given: ReadonlyMap<string, string>;
  readonly #before = new Map<string, string>();
  #now = new Map<string, string>();
  #isWithin = false;

  /** `KEY=VALUE`. */
  constructor(buildArgs: readonly string[]) {
    this.#given = new Map(
      buildArgs.flatMap((text) => {
        const at = text.indexOf("=");
        return at === -1 ? [] : [[text.slice(0, at), text.slice(at + 1)] as const];
      }),
    );
  }

  see({ text }: Instruction): void {
    if (/^from\s/i.test(text)) {
      this.#now = new Map();
      this.#isWithin = true;
    }
    const [, argument] = /^arg\s+(.*)$/i.exec(text) ?? [];
    if (argument !== undefined) this.#argument(argument);
    const [, environment] = /^env\s+(.*)$/i.exec(text) ?? [];
    if (environment !== undefined) this.#environment(environment);
  }

  /** @throws SwarmError for a variable that only a base image may know, or nobody. */
  expand(content: string, at: string, word: string): string {
    const replaced = (_: string, ...parts: readonly (string | undefined)[]): string => {
      const [escaped, plain, braced, rule, alternative = ""] = parts;
      if (escaped !== undefined) return escaped === "$" || escaped === "\\" ? escaped : `\\${escaped}`;
      const name = plain ?? braced ?? "";
      const value = this.#now.get(name);
      if (rule === "+") return (value ?? "") === "" ? "" : alternative;
      if (rule === "-") return (value ?? "") === "" ? alternative : (value ?? "");
      if (value !== undefined) return value;
      const sentence = `${at}neither ARG nor ENV of this stage says what $${name} is: write <<'${word}' to copy the text as it is`;
      throw new SwarmError("invalidArgument", sentence);
    };
    return content.replace(VARIABLE, replaced);
  }

  #argument(text: string): void {
    for (const word of text.match(/(?:[^\s"']|"[^"]*"|'[^']*')+/g) ?? []) {
      const [name = ""] = word.split("=");
      const own = word.includes("=") ? this.#value(word.slice(name.length + 1)) : undefined;
      const value = this.#given.get(name) ?? own ?? (this.#isWithin ? this.#before.get(name) : undefined);
      if (value !== undefined) (this.#isWithin ? this.#now : this.#before).set(name, value);
    }
  }

  #environment(text: string): void {
    const [, name = "", value = ""] = /^([A-Za-z_]\w*)\s+(.*)$/.exec(text) ?? [];
    if (name !== "") this.#now.set(name, this.#value(value));
    else for (const [, key = "", said = ""] of text.matchAll(ASSIGNMENT)) this.#now.set(key, this.#value(said));
  }

  /** Without its quotes; what is not known stays as it stands. */
  #value(said: string): string {
    if (/^'.*'$/s.test(said)) return said.slice(1, -1);
    const bare = /^".*"$/s.test(said) ? said.slice(1, -1) : said;
    return bare.replace(VARIABLE, (all, escaped, plain, braced) =>
      escaped === undefined ? (this.#now.get(plain ?? braced) ?? all) : escaped,
    );
  }
}
