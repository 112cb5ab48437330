/**
 * What a key of a Compose file takes. A kind checks what was written and brings it into the one canonical form (long
 * forms, absolute paths, plain numbers), in which files are merged; and it reads the canonical form into our types.
 */
import { ComposeError } from "./compose-error.ts";
import type { Place } from "./place.ts";
import { shown, type Tree } from "./tree.ts";

export interface Kind<T> {
  /** For messages: `a duration, as "30s"`. */
  readonly expected: string;
  /** @throws ComposeError for what is none. */
  canonical(tree: Tree, at: At): Tree;
  /** @throws ComposeError for what only the whole shows: a key that no file gave. */
  read(tree: Tree, at: string): T;
}

/** What the canonical form of a file depends on besides its text. */
export interface FileReading {
  /** Absolute; what the file's relative paths are relative to. */
  readonly directory: string;
  /** For paths that begin with "~"; null = not known. */
  readonly home: string | null;
  /** The environment, for variables named without a value; null = not set. */
  lookup(name: string): string | null;
  warn(place: Place, sentence: string): void;
  /** Ports that ranges stood for so far, of all services: few characters stand for many. */
  readonly spent: { ports: number };
  /** Variables were left as they stand, so a text with a dollar may be anything. */
  readonly hasVariables: boolean;
}

export interface At {
  /** `services.web.ports[1]`. */
  readonly path: string;
  readonly reading: FileReading;
}

export function inside(at: At, key: string | number): At {
  return { ...at, path: pathInside(at.path, key) };
}

export function pathInside(path: string, key: string | number): string {
  if (typeof key === "number") return `${path}[${key}]`;
  return path === "" ? key : `${path}.${key}`;
}

/** An error about a value of a file. */
export function wrong(place: Place, path: string, sentence: string, cause?: unknown): ComposeError {
  return new ComposeError(place, path === "" ? sentence : `${path}: ${sentence}`, cause === undefined ? {} : { cause });
}

export function wrongKind(tree: Tree, path: string, expected: string): ComposeError {
  const isEmpty = tree.kind === "scalar" && tree.value === null;
  return wrong(tree.place, path, isEmpty ? `is empty; write ${expected}` : `${shown(tree)} is not ${expected}`);
}

/** The canonical form with the mark that was written; what is to be taken away needs none. */
export function canonicalOf<T>(kind: Kind<T>, tree: Tree, at: At): Tree {
  if (tree.mark === "reset") return tree;
  if (isVariable(tree, at)) return tree;
  const canonical = kind.canonical(tree, at);
  return canonical.mark === tree.mark ? canonical : { ...canonical, mark: tree.mark };
}

/** A text that variables would be filled into, were they not left as they stand. */
export function isVariable(tree: Tree, at: At): boolean {
  return (
    at.reading.hasVariables && tree.kind === "scalar" && typeof tree.value === "string" && tree.value.includes("$")
  );
}
