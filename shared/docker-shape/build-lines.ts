/** What the builder says, line by line, in the words of Docker's classic builder. */
export class BuildLines {
  #rest = "";

  /** Whole lines of what has come; the beginning of one waits for its end. */
  take(output: string): readonly string[] {
    const lines = `${this.#rest}${output}`.split("\n");
    this.#rest = lines.pop() ?? "";
    return lines.flatMap(translated);
  }

  /** The last line, when nothing follows any more. */
  end(): readonly string[] {
    const rest = this.#rest;
    this.#rest = "";
    return rest === "" ? [] : translated(rest);
  }
}

const STEP = /^(?:\[\d+\/\d+\] )?STEP (\d+)\/(\d+): (.*)$/;
const CACHED = /^--> Using cache ([0-9a-f]{12})[0-9a-f]*$/;
const MADE = /^--> ([0-9a-f]{12})[0-9a-f]*$/;
/** Names and the id are said at the end in Docker's own words, of which clients read the id. */
const LEFT_OUT = /^(?:\[\d+\/\d+\] )?COMMIT\b|^Successfully tagged |^[0-9a-f]{64}$/;

function translated(line: string): readonly string[] {
  const [, step, steps, instruction] = STEP.exec(line) ?? [];
  if (instruction !== undefined) return [`Step ${step}/${steps} : ${instruction}\n`];
  const cached = CACHED.exec(line)?.[1];
  if (cached !== undefined) return [" ---> Using cache\n", ` ---> ${cached}\n`];
  const made = MADE.exec(line)?.[1];
  if (made !== undefined) return [` ---> ${made}\n`];
  return LEFT_OUT.test(line) ? [] : [`${line}\n`];
}

/** How Docker's classic builder ends. */
export function builtLines(id: string, names: readonly string[]): readonly string[] {
  const short = id.replace(/^sha256:/, "").slice(0, 12);
  return [`Successfully built ${short}\n`, ...names.map((name) => `Successfully tagged ${name}\n`)];
}
