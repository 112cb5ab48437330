import type { Output } from "../cli.ts";

/** Lines of a quiet build that are kept for the case that it fails: what failed says why at its end. */
export const QUIET_LINES_MAX = 1_000;
/** Characters kept of one of them: a step may write megabytes without a line's end. */
export const QUIET_LINE_CHARACTERS_MAX = 4_096;

/** What a build says: shown as it comes, or only if it fails. */
export class BuildOutput {
  readonly #to: Pick<Output, "line" | "warn">;
  readonly #isQuiet: boolean;
  readonly #kept: string[] = [];
  #unfinished = "";

  constructor(to: Pick<Output, "line" | "warn">, { isQuiet }: { readonly isQuiet: boolean }) {
    this.#to = to;
    this.#isQuiet = isQuiet;
  }

  /** Text in pieces that need not end with a line. */
  push(text: string): void {
    const lines = `${this.#unfinished}${text}`.split("\n");
    const rest = lines.pop() ?? "";
    this.#unfinished = this.#isQuiet ? rest.slice(0, QUIET_LINE_CHARACTERS_MAX) : rest;
    for (const line of lines) this.#take(line);
  }

  /** No more comes: shows the last line, if it has no end. */
  end(): void {
    if (this.#unfinished !== "") this.#take(this.#unfinished);
    this.#unfinished = "";
  }

  /** No more comes, since the build failed: a quiet one says now, on standard error, what it said last. */
  fail(): void {
    this.end();
    for (const line of this.#kept.splice(0)) this.#to.warn(line);
  }

  #take(line: string): void {
    if (!this.#isQuiet) {
      this.#to.line(line);
      return;
    }
    this.#kept.push(line.slice(0, QUIET_LINE_CHARACTERS_MAX));
    if (this.#kept.length > QUIET_LINES_MAX) this.#kept.shift();
  }
}
