/** The repository's own files, and what is said about them. */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";

export const ROOT = join(import.meta.dirname, "../..");

/** Folders that git does not keep, and what a generator writes. */
const FOREIGN = new Set([".git", "node_modules", "dist", ".coverage", "shared/rpc/gen"]);

/** By its path from the root, sorted. Read from the disk and not from git, which a server may lack. */
export const FILES: readonly string[] = filesBelow("");
export const CODE = FILES.filter((file) => file.endsWith(".ts"));
const KNOWN = new Set(FILES);
const FOLDERS = new Set(FILES.flatMap(foldersOf));

export interface Breach {
  readonly file: string;
  readonly line: number;
  readonly sentence: string;
}

export type Report = (file: string, line: number, sentence: string) => void;

export function linesOf(file: string): readonly string[] {
  return readFileSync(join(ROOT, file), "utf8").split("\n");
}

export function isFile(path: string): boolean {
  return KNOWN.has(normalize(path));
}

export function isFolder(path: string): boolean {
  return FOLDERS.has(normalize(path).replace(/\/$/, ""));
}

/**
 * Whether a path in prose, such as `raft/{core,wire}/*.ts`, is at least one thing for each alternative: written from
 * the root, from the folder, or by its last parts.
 */
export function exists(path: string, folder: string): boolean {
  return alternativesOf(path).every((one) => {
    if (one.startsWith(".")) return isFile(join(folder, one)) || isFolder(join(folder, one));
    const known = answers.get(one) ?? isMatched(one);
    answers.set(one, known);
    return known;
  });
}

const answers = new Map<string, boolean>();

function isMatched(path: string): boolean {
  const ending = path.replaceAll(/[.+?^$()|[\]\\]/g, "\\$&").replaceAll("*", "[^/]*");
  const pattern = new RegExp(`^(.*/)?${ending}$`);
  return FILES.some((file) => pattern.test(file)) || [...FOLDERS].some((folder) => pattern.test(folder));
}

/** `a{b,c}d` to `abd` and `acd`. */
export function alternativesOf(pattern: string): readonly string[] {
  const parts = /^(.*?)\{([^{}]*)\}(.*)$/.exec(pattern);
  if (parts === null) return [pattern];
  const [, before = "", choices = "", after = ""] = parts;
  return choices.split(",").flatMap((choice) => alternativesOf(before + choice.trim() + after));
}

function filesBelow(folder: string): readonly string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true })
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      if (FOREIGN.has(path) || FOREIGN.has(entry.name)) return [];
      return entry.isDirectory() ? filesBelow(path) : [path];
    })
    .sort();
}

function foldersOf(file: string): readonly string[] {
  const folder = dirname(file);
  return folder === "." ? ["."] : [folder, ...foldersOf(folder)];
}
