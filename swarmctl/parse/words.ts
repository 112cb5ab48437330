import { labelsOf } from "../../shared/objects/labels.ts";
import { SPEC_LIMITS } from "../../shared/objects/limits.ts";
import { usageError } from "./usage.ts";

/** `KEY=VALUE` pairs as a map; a bare KEY has the value "". @throws SwarmError for an empty key. */
export function parseLabels(texts: readonly string[], flag: string): Record<string, string> {
  const entries = texts.map((text) => {
    const at = text.indexOf("=");
    const key = at < 0 ? text : text.slice(0, at);
    if (key.trim() === "") throw usageError(`invalid label "${text}" for ${flag}: expected KEY=VALUE`);
    return [key, at < 0 ? "" : text.slice(at + 1)] as const;
  });
  return labelsOf(entries);
}

/**
 * Environment entries; a bare NAME takes its value from this command's environment, and is left out if there is none.
 */
export function parseEnv(
  texts: readonly string[],
  flag: string,
  own: Readonly<Record<string, string | undefined>>,
): string[] {
  return texts.flatMap((text) => {
    if (text.startsWith("=") || text.trim() === "")
      throw usageError(`invalid variable "${text}" for ${flag}: expected NAME=VALUE`);
    if (text.includes("=")) return [text];
    const value = Object.hasOwn(own, text) ? own[text] : undefined;
    return value === undefined ? [] : [`${text}=${value}`];
  });
}

/** Lines of an env file: `NAME=VALUE` or NAME; empty lines and lines that start with # are ignored. */
export function envFileLines(content: string): readonly string[] {
  return content
    .split(/\r?\n/)
    .map((line) => line.trimStart())
    .filter((line) => line !== "" && !line.startsWith("#"));
}

/** A command line as a shell would split it: quotes and backslashes, but no variables or globs. @throws SwarmError. */
export function splitWords(text: string, flag: string): string[] {
  const words: string[] = [];
  let word: string | null = null;
  let quote: string | null = null;
  for (let at = 0; at < text.length; at++) {
    const sign = text.charAt(at);
    if (quote === "'" ? sign === "'" : sign === quote) quote = null;
    else if (sign === "\\" && quote !== "'") word = (word ?? "") + text.charAt(++at);
    else if (quote !== null) word = (word ?? "") + sign;
    else if (sign === "'" || sign === '"') {
      quote = sign;
      word ??= "";
    } else if (/\s/.test(sign)) {
      if (word !== null) words.push(word);
      word = null;
    } else word = (word ?? "") + sign;
  }
  if (quote !== null) throw usageError(`invalid value "${text}" for ${flag}: a quote is not closed`);
  if (word !== null) words.push(word);
  return words;
}

/** `NAME=REPLICAS` of `service scale`. @throws SwarmError. */
export function parseScale(text: string): { readonly name: string; readonly replicas: number } {
  const match = /^([^=]+)=(\d+)$/.exec(text);
  const replicas = Number(match?.[2]);
  if (match === null || replicas > SPEC_LIMITS.replicas.max) {
    throw usageError(
      `invalid scale specifier "${text}": expected SERVICE=REPLICAS, such as web=5, with at most ${SPEC_LIMITS.replicas.max}`,
    );
  }
  return { name: match[1] ?? "", replicas };
}
