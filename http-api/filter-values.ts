import { SwarmError } from "../shared/errors.ts";
import { parseInstant } from "../shared/run-text/instant.ts";
import type { Filters } from "./query.ts";
import type { Call } from "./route.ts";

/** A filter that is yes or no; undefined = it is not given. @throws SwarmError invalidArgument for both, or neither. */
export function filterFlag(filters: Filters, name: string): boolean | undefined {
  const words = filters.get(name) ?? [];
  if (words.length === 0) return undefined;
  const values = new Set(words.map((word) => flagOf(word)));
  const [value] = values;
  if (values.size !== 1 || value === undefined) {
    throw new SwarmError(
      "invalidArgument",
      `invalid filter '${name}=[${words.join(" ")}]': it is either true or false`,
    );
  }
  return value;
}

/** A filter that is an instant, in Unix milliseconds: a duration that long ago, RFC 3339, or Unix seconds. */
export function filterInstant(filters: Filters, name: string, { clock }: Pick<Call, "clock">): number | undefined {
  const words = filters.get(name) ?? [];
  const [word] = words;
  if (word === undefined) return undefined;
  if (words.length > 1) throw new SwarmError("invalidArgument", `more than one ${name} filter specified`);
  return parseInstant(word, clock.wallNow(), name);
}

function flagOf(word: string): boolean | undefined {
  if (/^(true|1|t)$/i.test(word)) return true;
  return /^(false|0|f)$/i.test(word) ? false : undefined;
}
