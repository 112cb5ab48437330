/** Kinds made of kinds: lists, mappings with our keys, mappings with people's keys. */
import { type At, canonicalOf, inside, type Kind, pathInside, wrong, wrongKind } from "./kind.ts";
import { nearest } from "./nearest.ts";
import { text, word } from "./scalar-kinds.ts";
import { list, type Mapping, mapping, scalar, type Tree } from "./tree.ts";

export function listOf<T>(kind: Kind<T>): Kind<readonly T[]> {
  const expected = `a list, each ${kind.expected}`;
  return {
    expected,
    canonical: (tree, at) => {
      if (tree.kind !== "list") throw wrongKind(tree, at.path, expected);
      return list(
        tree.items.map((item, index) => canonicalOf(kind, item, inside(at, index))),
        tree.place,
      );
    },
    read: (tree, at) => {
      if (tree.kind !== "list") throw wrongKind(tree, at, expected);
      return tree.items.map((item, index) => kind.read(item, pathInside(at, index)));
    },
  };
}

/** One alone may stand without the list. */
export function oneOrMore<T>(kind: Kind<T>): Kind<readonly T[]> {
  const many = listOf(kind);
  const expected = `${kind.expected}, or a list of them`;
  return {
    ...many,
    expected,
    canonical: (tree, at) => {
      if (tree.kind === "scalar" && tree.value === null) throw wrongKind(tree, at.path, expected);
      return many.canonical(tree.kind === "list" ? tree : list([tree], tree.place), at);
    },
  };
}

/** With a short form, which `expand` writes out. */
export function short<T>(kind: Kind<T>, shortForm: string, expand: (tree: Tree, at: At) => Tree | null): Kind<T> {
  const expected = `${shortForm}, or ${kind.expected}`;
  return {
    ...kind,
    expected,
    canonical: (tree, at) => {
      const expanded = expand(tree, at);
      if (expanded === null && tree.kind !== "mapping") throw wrongKind(tree, at.path, expected);
      return kind.canonical(expanded ?? tree, at);
    },
  };
}

/** Nothing may be written for it, which says nothing. */
export function orNothing<T>(kind: Kind<T>): Kind<T | null> {
  return {
    expected: kind.expected,
    canonical: (tree, at) => (isNothing(tree) ? tree : kind.canonical(tree, at)),
    read: (tree, at) => (isNothing(tree) ? null : kind.read(tree, at)),
  };
}

export function isNothing(tree: Tree): boolean {
  return tree.kind === "scalar" && tree.value === null;
}

/** A mapping whose keys people choose. */
export function mapOf<T>(kind: Kind<T>, keys: { readonly pattern: RegExp; readonly words: string } | null = null) {
  const expected = "a mapping";
  return {
    expected,
    canonical: (tree, at) => {
      if (tree.kind !== "mapping") throw wrongKind(tree, at.path, expected);
      const entries = [...tree.entries].map(([key, entry]) => {
        const here = inside(at, key);
        if (keys !== null && !keys.pattern.test(key)) throw wrong(entry.place, here.path, `a name has ${keys.words}`);
        return [key, canonicalOf(kind, entry, here)] as const;
      });
      return mapping(entries, tree.place);
    },
    read: (tree, at) => {
      if (tree.kind !== "mapping") throw wrongKind(tree, at, expected);
      return new Map([...tree.entries].map(([key, entry]) => [key, kind.read(entry, pathInside(at, key))]));
    },
  } satisfies Kind<ReadonlyMap<string, T>>;
}

/** What names of services, networks, volumes, secrets and configs may be. */
export const NAMES = { pattern: /^[a-zA-Z0-9._-]+$/, words: 'only letters, digits, ".", "_" and "-"' };

/** A mapping of words, or a list of `KEY=VALUE`. `null` = named without a value. */
const pairs: Kind<ReadonlyMap<string, string | null>> = {
  expected: "a mapping, or a list of KEY=VALUE",
  canonical: (tree, at) => {
    if (tree.kind === "mapping") return mapOf(orNothing(word)).canonical(tree, at);
    if (tree.kind !== "list") throw wrongKind(tree, at.path, pairs.expected);
    const entries = tree.items.map((item, index) => {
      const pair = text.read(item, inside(at, index).path);
      const sign = pair.indexOf("=");
      const value = scalar(sign < 0 ? null : pair.slice(sign + 1), item.place);
      return [sign < 0 ? pair : pair.slice(0, sign), value] as const;
    });
    return mapping(entries, tree.place);
  },
  read: (tree, at) => mapOf(orNothing(word)).read(tree, at),
};

/** Labels and the like: without a value it is the empty one. */
export const labels: Kind<ReadonlyMap<string, string>> = {
  expected: pairs.expected,
  canonical: (tree, at) => {
    const { entries, place } = pairs.canonical(tree, at) as Mapping;
    const filled = [...entries].map(([key, value]) => {
      return [key, isNothing(value) && value.mark === null ? scalar("", value.place) : value] as const;
    });
    return mapping(filled, place);
  },
  read: (tree, at) => mapOf(word).read(tree, at),
};

/** Variables: without a value it is the environment's, if there is one. */
export const variables: Kind<ReadonlyMap<string, string | null>> = {
  ...pairs,
  canonical: (tree, at) => {
    const { entries, place } = pairs.canonical(tree, at) as Mapping;
    const filled = [...entries].map(([key, value]) => {
      const found = isNothing(value) && value.mark === null ? at.reading.lookup(key) : null;
      return [key, found === null ? value : scalar(found, value.place)] as const;
    });
    return mapping(filled, place);
  },
};

/** Options of drivers, whose values are text or numbers. */
export const options: Kind<ReadonlyMap<string, string>> = {
  expected: "a mapping of text and numbers",
  canonical: (tree, at) => mapOf(word).canonical(tree, at),
  read: (tree, at) => mapOf(word).read(tree, at),
};

/** One key of an object. */
export interface Field<T> {
  readonly key: string;
  readonly kind: Kind<unknown>;
  readonly read: (tree: Tree, at: string) => T;
  /** What it is when nobody wrote it. */
  readonly absent: T;
}

export function field<T>(key: string, kind: Kind<T>, absent: T): Field<T> {
  return { key, kind, read: kind.read, absent };
}

/** null when nothing was said; an empty text says nothing. */
export function maybe<T>(key: string, kind: Kind<T>): Field<T | null> {
  const isEmpty = (tree: Tree) => tree.kind === "scalar" && tree.value === "";
  return { key, kind, read: (tree, at) => (isEmpty(tree) ? null : kind.read(tree, at)), absent: null };
}

export function many<T>(key: string, kind: Kind<readonly T[]>): Field<readonly T[]> {
  return field<readonly T[]>(key, kind, []);
}

export function map<T>(key: string, kind: Kind<ReadonlyMap<string, T>>): Field<ReadonlyMap<string, T>> {
  return field<ReadonlyMap<string, T>>(key, kind, new Map());
}

/** It must be said by one of the files. */
export function must<T>(key: string, kind: Kind<T>): Field<T> {
  return {
    key,
    kind,
    read: kind.read,
    get absent(): T {
      throw new MissingKey(key);
    },
  };
}

class MissingKey extends Error {
  readonly key: string;
  constructor(key: string) {
    super(key);
    this.key = key;
  }
}

/** One row for each property. */
export type Shape<T> = { readonly [K in keyof T]-?: Field<T[K]> };

/** A mapping whose keys are known. */
export interface ObjectKind<T> extends Kind<T> {
  /** All of them. */
  readonly keys: readonly string[];
}

/** A mapping with our keys; other ones that begin with `x-` are for other programs. `others` are known and not read. */
export function object<T>(shape: Shape<T>, others: ReadonlyMap<string, Kind<unknown>> = new Map()): ObjectKind<T> {
  const rows = Object.entries(shape) as readonly (readonly [string, Field<unknown>])[];
  const kinds = new Map<string, Kind<unknown>>([...others, ...rows.map(([, { key, kind }]) => [key, kind] as const)]);
  const keys = [...kinds.keys()];
  const expected = "a mapping";
  return {
    expected,
    keys,
    canonical: (tree, at) => {
      if (tree.kind !== "mapping") throw wrongKind(tree, at.path, expected);
      const entries = new Map<string, Tree>();
      for (const [key, entry] of tree.entries) {
        if (key.startsWith("x-") && !kinds.has(key)) continue;
        // A key that begins with # is ours, between reading a file and the project.
        const kind = key.startsWith("#") ? undefined : kinds.get(key);
        const here = inside(at, key);
        if (kind === undefined) throw unknownKey(entry, here.path, key, keys);
        entries.set(key, canonicalOf(kind, entry, here));
      }
      return mapping(entries, tree.place);
    },
    read: (tree, at) => {
      if (tree.kind !== "mapping") throw wrongKind(tree, at, expected);
      try {
        const read = rows.map(([property, row]) => {
          const entry = tree.entries.get(row.key);
          return [property, entry === undefined ? row.absent : row.read(entry, pathInside(at, row.key))] as const;
        });
        // The rows are those of `T`, each with its type.
        return Object.fromEntries(read) as T;
      } catch (error) {
        if (error instanceof MissingKey) throw wrong(tree.place, at, `has no ${JSON.stringify(error.key)}`, error);
        throw error;
      }
    },
  };
}

function unknownKey(entry: Tree, path: string, key: string, known: readonly string[]) {
  const meant = nearest(
    key,
    known.filter((one) => !one.startsWith("#")),
  );
  const hint = meant === null ? "" : `; did you mean ${JSON.stringify(meant)}?`;
  return wrong(entry.place, path, `${JSON.stringify(key)} is not a key here${hint}`);
}
