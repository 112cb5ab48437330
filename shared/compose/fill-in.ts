import { pathInside, wrong } from "./kind.ts";
import { FILLED_CHARACTERS_MAX } from "./limits.ts";
import type { Place } from "./place.ts";
import { SubstitutionError, substitute } from "./substitute.ts";
import type { Tree } from "./tree.ts";

export interface FillingIn {
  /** null = not set. */
  readonly lookup: (name: string) => string | null;
  readonly missing: (name: string, place: Place) => void;
}

/** The values of a file with their variables filled in; keys stay as they are. @throws ComposeError */
export function filledIn(tree: Tree, environment: FillingIn): Tree {
  let characters = 0;
  const fill = (value: Tree, path: string): Tree => {
    if (value.kind === "list")
      return { ...value, items: value.items.map((item, at) => fill(item, pathInside(path, at))) };
    if (value.kind === "mapping") {
      const entries = [...value.entries].map(([key, entry]) => [key, fill(entry, pathInside(path, key))] as const);
      return { ...value, entries: new Map(entries) };
    }
    if (typeof value.value !== "string" || !value.value.includes("$")) return value;
    const text = filledText(value.value, value.place, path, environment);
    characters += text.length;
    if (characters > FILLED_CHARACTERS_MAX) {
      throw wrong(
        value.place,
        path,
        `the file is over ${FILLED_CHARACTERS_MAX} characters with its variables filled in`,
      );
    }
    return { ...value, value: text, source: null };
  };
  return fill(tree, "");
}

function filledText(text: string, place: Place, path: string, { lookup, missing }: FillingIn): string {
  try {
    return substitute(text, { lookup, missing: (name) => missing(name, place) });
  } catch (error) {
    if (error instanceof SubstitutionError) throw wrong(place, path, error.message, error);
    throw error;
  }
}
