/** Variables in values: `$VAR`, `${VAR}`, `${VAR:-default}` and its relatives, `$$` for a dollar. */
import { SUBSTITUTION_DEPTH_MAX, VALUE_CHARACTERS_MAX } from "./limits.ts";

export interface Variables {
  /** null = not set. */
  lookup(name: string): string | null;
  /** Called for one that is not set and has no default: it counts as empty. */
  missing(name: string): void;
}

/** Why a text's variables cannot be filled in: one sentence, without its place. */
export class SubstitutionError extends Error {}

const NAME = /[A-Za-z_][A-Za-z0-9_]*/y;

/**
 * The text with its variables filled in. A dollar before anything else than a name, a brace or a dollar is a dollar.
 * @throws SubstitutionError for braces that hold no variable, for a required one that is missing, and at the limits.
 */
export function substitute(text: string, variables: Variables, depth = 0): string {
  if (!text.includes("$")) return text;
  if (depth > SUBSTITUTION_DEPTH_MAX) {
    throw new SubstitutionError(`variables are nested more than ${SUBSTITUTION_DEPTH_MAX} levels deep`);
  }
  let filled = "";
  let at = 0;
  while (at < text.length) {
    const dollar = text.indexOf("$", at);
    if (dollar < 0) break;
    filled += text.slice(at, dollar);
    const piece = pieceAt(text, dollar, variables, depth);
    filled += piece.value;
    at = piece.end;
    if (filled.length > VALUE_CHARACTERS_MAX) {
      throw new SubstitutionError(`is longer than ${VALUE_CHARACTERS_MAX} characters with its variables filled in`);
    }
  }
  return filled + text.slice(at);
}

interface Piece {
  readonly value: string;
  readonly end: number;
}

function pieceAt(text: string, dollar: number, variables: Variables, depth: number): Piece {
  const next = text[dollar + 1];
  if (next === "$") return { value: "$", end: dollar + 2 };
  if (next === "{") {
    const end = closingBrace(text, dollar + 1);
    const shown = text.slice(dollar, end < 0 ? text.length : end + 1);
    if (end < 0) throw new SubstitutionError(`${JSON.stringify(shown)} has no closing brace; ${ESCAPING}`);
    return { value: braced(text.slice(dollar + 2, end), shown, variables, depth), end: end + 1 };
  }
  const name = nameAt(text, dollar + 1);
  if (name === "") return { value: "$", end: dollar + 1 };
  return { value: plain(name, variables), end: dollar + 1 + name.length };
}

const ESCAPING = "write $$ for a dollar that begins no variable";

/** `name`, and perhaps an operator with its word. */
function braced(inner: string, shown: string, variables: Variables, depth: number): string {
  const name = nameAt(inner, 0);
  const [operator = "", rest = ""] = /^:?[-?+]/.exec(inner.slice(name.length)) ?? [];
  if (name === "" || (operator === "" && inner.length > name.length)) {
    throw new SubstitutionError(`${JSON.stringify(shown)} is not a variable; ${ESCAPING}${rest}`);
  }
  if (operator === "") return plain(name, variables);
  const word = () => substitute(inner.slice(name.length + operator.length), variables, depth + 1);
  const value = variables.lookup(name);
  const isThere = value !== null && !(operator.startsWith(":") && value === "");
  if (operator.endsWith("+")) return isThere ? word() : "";
  if (isThere) return value;
  if (operator.endsWith("-")) return word();
  const reason = word();
  throw new SubstitutionError(`the variable ${name} is required and missing${reason === "" ? "" : `: ${reason}`}`);
}

function plain(name: string, variables: Variables): string {
  const value = variables.lookup(name);
  if (value === null) variables.missing(name);
  return value ?? "";
}

function nameAt(text: string, at: number): string {
  NAME.lastIndex = at;
  return NAME.exec(text)?.[0] ?? "";
}

/** The brace that closes the one at `opening`, or -1. Braces inside count, so that JSON can be a default. */
function closingBrace(text: string, opening: number): number {
  let open = 0;
  for (let at = opening; at < text.length; at += 1) {
    if (text[at] === "{") open += 1;
    if (text[at] === "}") open -= 1;
    if (open === 0) return at;
  }
  return -1;
}
