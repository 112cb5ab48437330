import { SwarmError } from "./errors.ts";

/** A line of .dockerignore. */
interface Pattern {
  readonly expression: RegExp;
  /** `!`: what matches is taken after all. */
  readonly isException: boolean;
  /** Of an exception, the directories that lead to what it may match; walked even where they are left out. */
  readonly beginning: string;
}

/** What a build's context leaves out. */
export class DockerIgnore {
  readonly #patterns: readonly Pattern[];

  /**
   * Lines as in .dockerignore: patterns as of Go's filepath.Match, and `**`; `#` begins a comment.
   * @throws SwarmError invalidArgument for a pattern that means nothing.
   */
  constructor(text: string) {
    this.#patterns = text.split(/\r?\n/).flatMap((line): readonly Pattern[] => {
      const trimmed = line.trim();
      if (trimmed === "" || line.startsWith("#")) return [];
      const isException = trimmed.startsWith("!");
      const path = cleaned(isException ? trimmed.slice(1).trim() : trimmed);
      if (path === "" || path === ".") return [];
      if (/^(?:[^[\\]|\\.|\[(?:[^\]\\]|\\.)+\])*$/s.test(path) === false) {
        throw new SwarmError("invalidArgument", `.dockerignore: syntax error in pattern ${JSON.stringify(trimmed)}`);
      }
      const fixed = /^[^*?[\\]*/.exec(path)?.[0] ?? "";
      return [{ expression: expressionOf(path), isException, beginning: fixed }];
    });
  }

  /** Whether a path, `a/b/c`, is left out: the last pattern that matches it or a directory of it counts. */
  leavesOut(path: string): boolean {
    const parts = path.split("/");
    const paths = parts.map((_, at) => parts.slice(0, at + 1).join("/"));
    let isOut = false;
    for (const { expression, isException } of this.#patterns) {
      if (isOut === isException && paths.some((each) => expression.test(each))) isOut = !isException;
    }
    return isOut;
  }

  /** Whether something in a directory that is left out may be taken after all. */
  mayTakeFrom(directory: string): boolean {
    return this.#patterns.some(
      ({ isException, beginning }) =>
        isException &&
        (beginning === "" || beginning.startsWith(`${directory}/`) || `${directory}/`.startsWith(beginning)),
    );
  }
}

function cleaned(path: string): string {
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "" || part === ".") continue;
    if (part === "..") parts.pop();
    else parts.push(part);
  }
  return parts.join("/");
}

function expressionOf(path: string): RegExp {
  let source = "";
  for (let at = 0; at < path.length; at++) {
    const character = path.charAt(at);
    if (path.startsWith("**/", at)) {
      source += "(?:.*/)?";
      at += 2;
    } else if (path.startsWith("**", at)) {
      source += ".*";
      at += 1;
    } else if (character === "*") source += "[^/]*";
    else if (character === "?") source += "[^/]";
    else if (character === "\\" && at + 1 < path.length) source += quoted(path.charAt(++at));
    else if (character === "[" && path.indexOf("]", at + 1) > at) {
      const end = path.indexOf("]", at + 1);
      const inner = path.slice(at + 1, end).replace(/\\/g, "\\\\");
      source += `[${inner.replace(/^[!^]/, "^")}]`;
      at = end;
    } else source += quoted(character);
  }
  try {
    return new RegExp(`^${source}$`, "s");
  } catch {
    // A range such as [z-a]: nothing matches it.
    return /(?!)/;
  }
}

function quoted(character: string): string {
  return character.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&");
}

/** Whether a file of a context is a Dockerfile that came from outside of it, as swarmctl and docker name it. */
export function isPlaceholder(name: string): boolean {
  return /^\.Dockerfile\.\d+$|^\.dockerfile\.[0-9a-f]{16,}$/.test(name);
}
