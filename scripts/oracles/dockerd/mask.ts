/** What may differ between two hosts that do the same: ids, times, sizes, names. */

/** Words of one host. */
export interface HostWords {
  readonly name: string;
  readonly address: string;
  /** Where the commands run. */
  readonly directory: string;
}

const UNITS = "(?:second|minute|hour|day|week|month|year)s?";

const RULES: readonly (readonly [RegExp, string])[] = [
  [/-----BEGIN [A-Z ]+-----[\s\S]*?-----END [A-Z ]+-----/g, "PEM"],
  [/SWMTKN-1-\w+-\w+/g, "TOKEN"],
  [/\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[ +-][+\d: UTC]+)?/g, "TIME"],
  [/\bsha256:[0-9a-f]{12,64}\b/g, "DIGEST"],
  [/\b[0-9a-f]{64}\b/g, "ID"],
  [/\b[0-9a-f]{12}\b/g, "ID"],
  [/\b(?=[a-z]*\d)[0-9a-z]{25}\b/g, "ID"],
  [/\b(?=[a-z]*\d)[0-9a-z]{12}\b/g, "ID"],
  [/\b(?:[0-9a-f]{2}:){5}[0-9a-f]{2}\b/g, "MAC"],
  [new RegExp(`\\b(?:\\d+|[Aa]bout an?|[Ll]ess than a) ${UNITS}( ago)?`, "g"), "AGO"],
  [/\b\d+(?:\.\d+)?\s?[kKMGT]?i?B\b/g, "SIZE"],
];

/** Columns are as wide as what is in them, so runs of blanks are one. */
export function masked(text: string, { name, address, directory }: HostWords): string {
  let shown = text.replaceAll(directory, "DIRECTORY").replaceAll(address, "ADDRESS");
  // A short name may be part of words.
  shown = shown.replaceAll(new RegExp(`\\b${name.replaceAll(/[^\w]/g, "\\$&")}\\b`, "g"), "HOST");
  for (const [pattern, word] of RULES) shown = shown.replaceAll(pattern, word);
  return shown
    .split("\n")
    .map((line) => line.replaceAll(/[ \t]{2,}/g, "  ").trimEnd())
    .join("\n")
    .trimEnd();
}

/** A path of the API with braces in place of what it names, and without version and query. */
export function operationOf(method: string, target: string): string {
  const [path = ""] = target.split("?");
  const parts = path
    .replace(/^\/v\d+\.\d+/, "")
    .split("/")
    .slice(1)
    .map(decoded);
  const [noun = "", second = "", ...rest] = parts;
  if (second === "" || !NAMED.has(noun) || WORDS.has(second)) return `${method} /${parts.join("/")}`;
  // Names of images have slashes.
  const last = rest.length > 0 && VERBS.has(rest.at(-1) ?? "") ? `/${rest.at(-1)}` : "";
  return `${method} /${noun}/{}${last}`;
}

const NAMED = new Set(
  "containers images networks volumes services tasks nodes secrets configs exec distribution plugins".split(" "),
);
const WORDS = new Set("json create prune search load get privileges pull".split(" "));
const VERBS = new Set(
  (
    "json top logs changes export stats resize start stop restart kill update rename pause unpause attach wait " +
    "archive exec history push tag get connect disconnect"
  ).split(" "),
);

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
