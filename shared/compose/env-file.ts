/**
 * Files of variables (`.env`, `env_file`, `label_file`): `NAME=value` lines with comments, quotes, `export`, values
 * over several lines, and variables in what is not in single quotes.
 */
import { ComposeError } from "./compose-error.ts";
import { SubstitutionError, substitute } from "./substitute.ts";

/** What a file says, added to `known`, which its variables see after `lookup`. */
export interface EnvFileReading {
  readonly file: string;
  /** Before the variables of the file itself; null = not set. */
  readonly lookup: (name: string) => string | null;
  /** `raw`: no quotes and no variables, the value is what stands there. */
  readonly format: "raw" | null;
}

/**
 * The variables of a file in its order. A name alone takes its value from `lookup`, and is left out when there is none.
 * @throws ComposeError with the line that is wrong.
 */
export function parseEnvFile(
  text: string,
  reading: EnvFileReading,
  known: ReadonlyMap<string, string> = new Map(),
): Map<string, string> {
  const values = new Map(known);
  const source = text.replace(/^\uFEFF/, "").replaceAll("\r\n", "\n");
  const cursor = new Cursor(source, reading.file);
  while (cursor.skipToStatement()) {
    const { name, isAlone } = cursor.takeName();
    if (isAlone) {
      const value = reading.lookup(name);
      if (value !== null) values.set(name, value);
      continue;
    }
    const line = cursor.line;
    if (reading.format === "raw") {
      values.set(name, cursor.takeLine());
      continue;
    }
    const { value, hasVariables } = cursor.takeValue();
    const lookup = (other: string) => reading.lookup(other) ?? values.get(other) ?? null;
    values.set(name, hasVariables ? filled(value, lookup, { file: reading.file, line }) : value);
  }
  return values;
}

function filled(value: string, lookup: EnvFileReading["lookup"], place: { file: string; line: number }): string {
  try {
    return substitute(value, { lookup, missing: () => undefined });
  } catch (error) {
    if (error instanceof SubstitutionError) throw new ComposeError(place, error.message, { cause: error });
    throw error;
  }
}

const ESCAPED = new Map([
  ["a", "\x07"],
  ["b", "\b"],
  ["f", "\f"],
  ["n", "\n"],
  ["r", "\r"],
  ["t", "\t"],
  ["v", "\v"],
  ['"', '"'],
  ["\\", "\\"],
  // A dollar that begins no variable; the second one is taken away when variables are filled in.
  ["$", "$$"],
]);

class Cursor {
  readonly #text: string;
  readonly #file: string;
  #at = 0;
  line = 1;

  constructor(text: string, file: string) {
    this.#text = text;
    this.#file = file;
  }

  /** Past blanks, empty lines and comments; false at the end. */
  skipToStatement(): boolean {
    for (;;) {
      this.#move(/\s*/y);
      if (this.#text[this.#at] !== "#") return this.#at < this.#text.length;
      this.#move(/[^\n]*/y);
    }
  }

  takeName(): { readonly name: string; readonly isAlone: boolean } {
    this.#move(/export[^\S\n]+/y);
    const name = this.#move(/[\p{L}\p{N}_.\-[\]]*/uy);
    this.#move(/[^\S\n]*/y);
    const sign = this.#move(/[=:]/y);
    if (sign !== "" && name !== "") {
      this.#move(/[^\S\n]*/y);
      return { name, isAlone: false };
    }
    if (name !== "" && (this.#at >= this.#text.length || this.#text[this.#at] === "\n")) return { name, isAlone: true };
    const place = { file: this.#file, line: this.line };
    const statement = this.#move(/[^\n]*/y);
    throw new ComposeError(
      place,
      `expected NAME=value, and a name of letters, digits, "_", "." and "-"; ${statement === "" ? "found the end" : `found ${JSON.stringify(statement.slice(0, 40))}`}`,
    );
  }

  takeLine(): string {
    return this.#move(/[^\n]*/y);
  }

  /** Up to the end of the line or of the quotes. */
  takeValue(): { readonly value: string; readonly hasVariables: boolean } {
    const quote = this.#text[this.#at];
    if (quote !== '"' && quote !== "'") {
      const value = this.takeLine().replace(/ #.*$/, "").trimEnd();
      return { value, hasVariables: true };
    }
    const place = { file: this.#file, line: this.line };
    const quoted = this.#move(quote === '"' ? /"(?:[^"\\]|\\[\s\S])*"/y : /'(?:[^'\\]|\\[\s\S])*'/y);
    if (quoted === "") throw new ComposeError(place, `the value has no closing ${quote}`);
    const inner = quoted.slice(1, -1);
    if (quote === "'") return { value: inner.replaceAll("\\'", "'"), hasVariables: false };
    return { value: inner.replace(/\\([abfnrtv"\\$]|0[0-7]{0,3})/g, unescaped), hasVariables: true };
  }

  /** What matches here, if anything does. */
  #move(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const matched = pattern.exec(this.#text)?.[0] ?? "";
    this.#at += matched.length;
    for (const character of matched) if (character === "\n") this.line += 1;
    return matched;
  }
}

function unescaped(whole: string, sign: string): string {
  const known = ESCAPED.get(sign);
  if (known !== undefined) return known;
  const code = Number.parseInt(sign, 8);
  return code <= 0xff ? String.fromCharCode(code) : whole;
}
