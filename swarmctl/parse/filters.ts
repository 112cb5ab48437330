import { usageError } from "./usage.ts";

/**
 * Values by key; an object is shown when, for every key that was given, one of its values matches. Labels are the
 * exception, as in Docker: an object must have all of them.
 */
export type Filters<Key extends string> = { readonly [Name in Key]: readonly string[] };

/** `--filter KEY=VALUE`, given any number of times. @throws SwarmError for a key that is not one of `keys`. */
export function parseFilters<Key extends string>(texts: readonly string[], keys: readonly Key[]): Filters<Key> {
  const filters = Object.fromEntries(keys.map((key) => [key, [] as string[]])) as Record<Key, string[]>;
  for (const text of texts) {
    const at = text.indexOf("=");
    const key = text.slice(0, at).trim().toLowerCase();
    if (at < 1) throw usageError(`invalid filter "${text}": expected KEY=VALUE`);
    if (!(keys as readonly string[]).includes(key)) {
      throw usageError(`invalid filter "${text}": expected one of ${keys.join(", ")}`);
    }
    filters[key as Key].push(text.slice(at + 1).trim());
  }
  return filters;
}
