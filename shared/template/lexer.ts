import { mustHave } from "../invariant.ts";
import { parsingError } from "./errors.ts";

export type TokenKind = "string" | "number" | "variable" | "field" | "dot" | "word" | "sign";

export interface Token {
  readonly kind: TokenKind;
  /** As written; for strings, their value. */
  readonly text: string;
  /** Nothing separates it from the token before: `$x.A` is one value, `$x .A` is two. */
  readonly isGlued: boolean;
}

/** A stretch of text, or the contents of one pair of braces. */
export type Piece =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "action"; readonly tokens: readonly Token[]; readonly source: string };

const TOKENS: readonly (readonly [TokenKind, RegExp])[] = [
  ["string", /"(?:[^"\\\n]|\\.)*"|`[^`]*`/y],
  ["number", /'(?:[^'\\\n]|\\.)+'|[+-]?\d[\w.]*/y],
  ["variable", /\$[\p{L}\p{N}_]*/uy],
  ["field", /\.[\p{L}_][\p{L}\p{N}_]*/uy],
  ["dot", /\./y],
  ["word", /[\p{L}_][\p{L}\p{N}_]*/uy],
  ["sign", /:=|[=|(),]/y],
];
const COMMENT = /\{\{(?:-\s+)?\/\*[\s\S]*?\*\/(?:\s+-)?\}\}/y;
const CLOSING = /\s+-\}\}|\s*\}\}/y;
const BLANKS = /\s*/y;

/**
 * Text and actions in order, with blanks beside `{{- ` and ` -}}` removed. `meaningOf` says what a stretch of text
 * stands for, and is applied before that.
 * @throws SwarmError for what is not a token, and for braces that are not closed.
 */
export function lex(template: string, meaningOf: (text: string) => string): readonly Piece[] {
  const pieces: Piece[] = [];
  let at = 0;
  let trimStart = false;
  while (at < template.length) {
    const opening = template.indexOf("{{", at);
    const end = opening < 0 ? template.length : opening;
    let text = meaningOf(template.slice(at, end));
    if (trimStart) text = text.trimStart();
    if (opening >= 0 && /^\{\{-\s/.test(template.slice(opening, opening + 4))) text = text.trimEnd();
    if (text !== "") pieces.push({ kind: "text", text });
    if (opening < 0) break;
    const action = lexAction(template, opening);
    if (action.tokens !== null) {
      pieces.push({ kind: "action", tokens: action.tokens, source: template.slice(opening, action.end) });
    }
    at = action.end;
    trimStart = /\s-\}\}$/.test(template.slice(opening, at));
  }
  return pieces;
}

/** The tokens of the action that begins here; null for a comment. */
function lexAction(
  template: string,
  opening: number,
): { readonly tokens: readonly Token[] | null; readonly end: number } {
  const comment = matchAt(COMMENT, template, opening);
  if (comment !== null) return { tokens: null, end: opening + comment.length };
  const unclosed = () => parsingError(template.slice(opening), "unclosed {{");
  // Go's own rule: `{{-` without a blank after it is a number's sign.
  let at = opening + (/^\{\{-\s/.test(template.slice(opening, opening + 4)) ? 3 : 2);
  const tokens: Token[] = [];
  for (;;) {
    const closing = matchAt(CLOSING, template, at);
    if (closing !== null) return { tokens, end: at + closing.length };
    const blanks = mustHave(matchAt(BLANKS, template, at), "blanks, or none");
    at += blanks.length;
    if (at >= template.length) throw unclosed();
    const found = tokenAt(template, at);
    if (found === null) {
      if (template.indexOf("}}", at) < 0) throw unclosed();
      const source = template.slice(opening, template.indexOf("}}", at) + 2);
      throw parsingError(source, `unexpected "${String.fromCodePoint(template.codePointAt(at) ?? 0)}"`);
    }
    const [kind, text] = found;
    const source = template.slice(opening, at + text.length);
    tokens.push({ kind, text: kind === "string" ? unquoted(text, source) : text, isGlued: blanks === "" });
    at += text.length;
  }
}

function tokenAt(template: string, at: number): readonly [TokenKind, string] | null {
  for (const [kind, pattern] of TOKENS) {
    const text = matchAt(pattern, template, at);
    if (text !== null) return [kind, text];
  }
  return null;
}

function matchAt(pattern: RegExp, text: string, at: number): string | null {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? null;
}

const ESCAPE = /\\(x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|[\s\S])/g;
const ESCAPES = new Map([
  ["n", "\n"],
  ["t", "\t"],
  ["r", "\r"],
  ["a", "\x07"],
  ["b", "\b"],
  ["f", "\f"],
  ["v", "\v"],
  ["\\", "\\"],
  ['"', '"'],
  ["'", "'"],
]);

/** The value of a quoted string. @throws SwarmError for an escape that Go does not know. */
export function unquoted(quoted: string, source: string): string {
  const inner = quoted.slice(1, -1);
  if (quoted.startsWith("`")) return inner;
  return inner.replace(ESCAPE, (whole, sign: string) => {
    const known = ESCAPES.get(sign);
    if (known !== undefined) return known;
    const code = sign.length > 1 ? Number.parseInt(sign.slice(1), 16) : Number.NaN;
    if (!(code <= 0x10ffff)) throw parsingError(source, `unknown escape ${whole}`);
    return String.fromCodePoint(code);
  });
}
