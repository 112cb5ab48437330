/** A command in one line, split into its words as Docker Compose does; no shell is involved. */

export interface ShellWords {
  readonly words: readonly string[];
  /** An operator of shells that ended the command, if there was one: what follows it is no part of the command. */
  readonly endedBy: string | null;
}

/** Words with quotes and backslashes taken away; null when a quote is not closed. */
export function shellWords(line: string): ShellWords | null {
  const words: string[] = [];
  let word = "";
  let isWord = false;
  let quote: string | null = null;
  for (let at = 0; at < line.length; at += 1) {
    const sign = line[at] ?? "";
    if (sign === "\\" && quote !== "'") {
      at += 1;
      if (at >= line.length) return null;
      word += line[at] ?? "";
      isWord = true;
    } else if (quote !== null) {
      if (sign === quote) quote = null;
      else word += sign;
    } else if (sign === '"' || sign === "'") {
      [quote, isWord] = [sign, true];
    } else if (sign === "`" || line.startsWith("$(", at)) {
      // What a shell would replace is one word, and stays as it is.
      const end = line.indexOf(sign === "`" ? "`" : ")", at + 1);
      if (end < 0) return null;
      word += line.slice(at, end + 1);
      [at, isWord] = [end, true];
    } else if (/[ \t\r\n]/.test(sign)) {
      if (isWord) words.push(word);
      [word, isWord] = ["", false];
    } else if (/[;&|<>]/.test(sign)) {
      // The number before `>` is that of a descriptor and belongs to what is dropped.
      if (isWord && !(sign === ">" && /^\d/.test(word))) words.push(word);
      return { words, endedBy: sign };
    } else {
      word += sign;
      isWord = true;
    }
  }
  if (quote !== null) return null;
  if (isWord) words.push(word);
  return { words, endedBy: null };
}
