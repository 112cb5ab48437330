import { SwarmError } from "../shared/errors.ts";
import { FILTER_WORDS_MAX } from "./limits.ts";

/** Words that Docker takes for "no"; every other word is a "yes". */
const NO_WORDS = new Set(["", "0", "no", "false", "none"]);

/** What may be asked for by `filters`: for each name, the words of which one must match. */
export type Filters = ReadonlyMap<string, readonly string[]>;

/** The parameters of a request, read by their type. */
export class Query {
  readonly #parameters: URLSearchParams;

  /** @param text what follows the `?` */
  constructor(text: string) {
    this.#parameters = new URLSearchParams(text);
  }

  has(name: string): boolean {
    return this.#parameters.has(name);
  }

  /** The first of its values. */
  text(name: string, otherwise = ""): string {
    return this.#parameters.get(name) ?? otherwise;
  }

  /** All of its values. */
  texts(name: string): readonly string[] {
    return this.#parameters.getAll(name);
  }

  flag(name: string, otherwise = false): boolean {
    const word = this.#parameters.get(name);
    return word === null ? otherwise : !NO_WORDS.has(word.trim().toLowerCase());
  }

  /** A whole number, perhaps negative; `otherwise` when it is missing or empty. @throws SwarmError invalidArgument */
  whole(name: string, otherwise: number): number {
    const word = this.#parameters.get(name) ?? "";
    if (word === "") return otherwise;
    const value = /^-?\d{1,15}$/.test(word) ? Number(word) : Number.NaN;
    if (!Number.isSafeInteger(value)) {
      throw new SwarmError("invalidArgument", `invalid ${name}: ${JSON.stringify(word)} is not a whole number`);
    }
    return value;
  }

  /** @throws SwarmError invalidArgument for filters that cannot be read. */
  filters(): Filters {
    return parseFilters(this.text("filters"));
  }
}

/**
 * Reads filters as `{"label":{"k=v":true}}`, which the CLI sends, or `{"label":["k=v"]}`. "" = none.
 * @throws SwarmError invalidArgument
 */
export function parseFilters(text: string): Filters {
  const filters = new Map<string, readonly string[]>();
  if (text === "") return filters;
  for (const [name, words] of Object.entries(objectOf(text))) {
    const list = wordsOf(words);
    if (list === null) {
      throw invalid(`what ${JSON.stringify(name)} has is neither a list of words nor an object with words as its keys`);
    }
    if (list.length > FILTER_WORDS_MAX)
      throw invalid(`${JSON.stringify(name)} has more than ${FILTER_WORDS_MAX} words`);
    filters.set(name, list);
  }
  return filters;
}

/** @throws SwarmError invalidArgument for a filter that is not among those of the request. */
export function checkFilters(filters: Filters, known: readonly string[]): void {
  for (const name of filters.keys()) {
    if (!known.includes(name)) throw new SwarmError("invalidArgument", `invalid filter '${name}'`);
  }
}

function objectOf(text: string): object {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new SwarmError("invalidArgument", "invalid filter: it is not JSON", { cause });
  }
  // As empty filters of clients that have none.
  if (value === null) return {};
  if (typeof value !== "object" || Array.isArray(value)) throw invalid("it is not a JSON object");
  return value;
}

function wordsOf(words: unknown): readonly string[] | null {
  if (Array.isArray(words)) return words.every((word) => typeof word === "string") ? words : null;
  if (typeof words !== "object" || words === null) return null;
  const entries = Object.entries(words);
  if (!entries.every(([, isMeant]) => typeof isMeant === "boolean")) return null;
  return entries.filter(([, isMeant]) => isMeant).map(([word]) => word);
}

function invalid(why: string): SwarmError {
  return new SwarmError("invalidArgument", `invalid filter: ${why}`);
}
