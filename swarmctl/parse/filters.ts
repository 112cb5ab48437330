import { usageError } from "./usage.ts";

/** Filters by key: any of a key's values may match, all keys must. */
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
