/** The script of commands, and the list of what is known to differ: two files of lines. */

export interface Step {
  readonly group: string;
  /** For sh. */
  readonly command: string;
}

/** Lines are commands; `## WORDS` begins a group, other lines with # are comments. */
export function readScript(text: string): readonly Step[] {
  let group = "";
  return text.split("\n").flatMap((line) => {
    if (line.startsWith("## ")) group = line.slice(3);
    return line === "" || line.startsWith("#") ? [] : [{ group, command: line }];
  });
}

/** What is known to differ, and why: `= REASON`, then a line for each difference that it explains. */
export class KnownDifferences {
  readonly #reasons = new Map<string, string>();
  /** Those that end with `*`, without it. */
  readonly #beginnings = new Map<string, string>();
  readonly #used = new Set<string>();

  constructor(text: string) {
    let reason = "";
    for (const line of text.split("\n")) {
      if (line === "" || line.startsWith("#")) continue;
      if (line.startsWith("= ")) reason = line.slice(2);
      else if (line.endsWith(" *")) this.#beginnings.set(line.slice(0, -1), reason);
      else this.#reasons.set(line, reason);
    }
  }

  /** Why it differs; null = nobody knows. */
  reasonOf(difference: string): string | null {
    const exact = this.#reasons.get(difference);
    if (exact !== undefined) {
      this.#used.add(difference);
      return exact;
    }
    for (const [beginning, reason] of this.#beginnings) {
      if (!difference.startsWith(beginning)) continue;
      this.#used.add(beginning);
      return reason;
    }
    return null;
  }

  /** Explanations that nothing needed: to be removed. */
  unused(): readonly string[] {
    return [...this.#reasons.keys(), ...this.#beginnings.keys()].filter((line) => !this.#used.has(line));
  }
}
