/**
 * Transcripts: text files of commands with the output expected under each. A case is a directive line, optional input
 * lines, a line `----` and the output up to a blank line; doubled `----` fences output that holds blank lines itself.
 */

export interface Directive {
  readonly command: string;
  /** In order; `key` -> [], `key=value` -> ["value"], `key=(a, b)` -> ["a", "b"]. */
  readonly args: readonly { readonly key: string; readonly values: readonly string[] }[];
  readonly input: readonly string[];
}

export interface TranscriptCase {
  readonly directive: Directive;
  /** Of the directive, from 1. */
  readonly line: number;
  readonly expected: string;
}

/** Cases, and the lines between them (comments, blank lines), so that a file can be written anew around its output. */
export type TranscriptPart =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "case"; readonly source: readonly string[]; readonly value: TranscriptCase };

const RULE = "----";

export function parseTranscript(text: string): TranscriptPart[] {
  const lines = text.split("\n");
  const parts: TranscriptPart[] = [];
  let at = 0;
  while (at < lines.length) {
    const line = lines[at] ?? "";
    if (line.trim() === "" || line.startsWith("#")) {
      parts.push({ kind: "text", text: line });
      at++;
      continue;
    }
    const start = at;
    while (at < lines.length && lines[at] !== RULE) at++;
    if (at === lines.length) throw new Error(`line ${start + 1}: a directive without ${RULE}`);
    const source = lines.slice(start, at);
    at++;
    const { expected, next } = readExpected(lines, at);
    at = next;
    parts.push({ kind: "case", source, value: { directive: parseDirective(source), line: start + 1, expected } });
  }
  return parts;
}

function readExpected(lines: readonly string[], from: number): { expected: string; next: number } {
  if (lines[from] === RULE) {
    let end = from + 1;
    while (end < lines.length && !(lines[end] === RULE && lines[end + 1] === RULE)) end++;
    return { expected: `${lines.slice(from + 1, end).join("\n")}\n`, next: end + 2 };
  }
  let end = from;
  while (end < lines.length && lines[end] !== "") end++;
  const body = lines.slice(from, end);
  return { expected: body.length === 0 ? "" : `${body.join("\n")}\n`, next: end };
}

function parseDirective(source: readonly string[]): Directive {
  let head = "";
  let at = 0;
  for (; at < source.length; at++) {
    const line = source[at] ?? "";
    if (!line.endsWith("\\")) {
      head += line;
      at++;
      break;
    }
    head += line.slice(0, -1);
  }
  const tokens = head.match(/[^\s=]+=\([^)]*\)|\S+/g) ?? [];
  const [command = "", ...rest] = tokens;
  return { command, args: rest.map(parseArg), input: source.slice(at) };
}

function parseArg(token: string): Directive["args"][number] {
  const equals = token.indexOf("=");
  if (equals < 0) return { key: token, values: [] };
  const value = token.slice(equals + 1);
  const values = value.startsWith("(")
    ? value
        .slice(1, -1)
        .split(/[\s,]+/)
        .filter((item) => item !== "")
    : [value];
  return { key: token.slice(0, equals), values };
}

/** Writes a transcript with the outputs it has now. */
export function renderTranscript(parts: readonly TranscriptPart[], outputs: readonly string[]): string {
  let next = 0;
  const lines = parts.flatMap((part) => {
    if (part.kind === "text") return [part.text];
    const output = (outputs[next++] ?? "").replace(/\n$/, "");
    const body = output.split("\n").includes("") ? [RULE, RULE, output, RULE, RULE] : [RULE, output];
    return [...part.source, ...body];
  });
  return lines.join("\n");
}
