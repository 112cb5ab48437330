/** What people read: paths in it exist, lines fit a screen, every folder, message and field of the API is explained. */
import { dirname, join } from "node:path";
import { checkCitations } from "./citations.ts";
import { LAYERS } from "./imports.ts";
import { CODE, exists, FILES, isFile, isFolder, linesOf, type Report } from "./tree.ts";

const COLUMNS_MAX = 120;

const PROTO = FILES.filter((file) => file.startsWith("proto/") && file.endsWith(".proto"));
const PROSE = FILES.filter((file) => file.endsWith(".md"));
/** Files with comments, and what begins one. */
const COMMENTED = [...CODE, ...PROTO, ...FILES.filter((file) => file.startsWith("scripts/") && isShell(file))];

/** What a path may be made of, with alternatives and a star. */
const PART = String.raw`(?:[\w*-]|\.(?=\w)|\{[\w.,*-]+\})+`;
const PATH = new RegExp(String.raw`(?<![\w./*{}~@$:-])(${PART}(?:/${PART})*)(?![\w*/{-])`, "g");
/** A path with one of these is one of this repository, or should be. */
const IS_FILE = /[\w*}]\.(ts|md|proto|sh)$/;
const IS_FOLDER = new RegExp(`^(${[...Object.keys(LAYERS), "proto", "scripts", "test", "docs"].join("|")})/`);
/** Stands for any name, or is made by a program. */
const IS_PLACEHOLDER = /(^|\/)[A-Z]+(\.test)?\.ts$|(^|\/)rpc\/gen\b|decisions\/\d{4}$/;
/** A page of docs/decisions by its number alone. */
const DECISION = /(?<![\w/])(?:docs\/)?decisions\/(\d{4})(?![\w-])/g;

export function checkProse(report: Report): void {
  for (const file of PROSE) {
    checkPaths(file, linesOf(file), report);
    checkLinks(file, linesOf(file), report);
    checkCitations(file, linesOf(file), report);
    checkColumns(file, linesOf(file), report);
  }
  for (const file of COMMENTED) {
    // The line numbers stay: what is no comment is an empty line.
    const comments = linesOf(file).map(commentOf);
    checkPaths(file, comments, report);
    checkCitations(file, comments, report);
    checkColumns(file, comments, report);
  }
  checkFolders(report);
  // They are the contract between hosts of different versions, and with programs that others write.
  for (const file of PROTO) checkDocstrings(file, report);
}

function isShell(file: string): boolean {
  return file.endsWith(".sh") || !/\.\w+$/.test(file);
}

/** The line if it is or has a comment, otherwise nothing. */
function commentOf(line: string): string {
  return /^\s*(\/\/|\/\*|\*|#)|\s\/\/ /.test(line) ? line : "";
}

function checkPaths(file: string, lines: readonly string[], report: Report): void {
  lines.forEach((line, at) => {
    // A link's address is checked separately, and that of another site is not ours.
    const text = line.replaceAll(/\]\([^)]*\)/g, "]").replaceAll(/https?:\S+/g, "");
    for (const [, path = ""] of text.matchAll(PATH)) {
      if (IS_PLACEHOLDER.test(path) || !(IS_FILE.test(path) || IS_FOLDER.test(path))) continue;
      if (!exists(path, dirname(file))) report(file, at + 1, `${path} does not exist`);
    }
    for (const [whole, number] of text.matchAll(DECISION))
      if (!exists(`docs/decisions/${number}-*.md`, "")) report(file, at + 1, `${whole} does not exist`);
  });
}

function checkLinks(file: string, lines: readonly string[], report: Report): void {
  lines.forEach((line, at) => {
    for (const [, target = ""] of line.matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^(https?:|#)/.test(target)) continue;
      const path = join(dirname(file), target.replace(/#.*$/, ""));
      if (!isFile(path) && !isFolder(path)) report(file, at + 1, `the link ${target} leads nowhere`);
    }
  });
}

/** Tables, diagrams in Markdown, and words that cannot be broken, may be longer. */
function checkColumns(file: string, lines: readonly string[], report: Report): void {
  let isFenced = false;
  lines.forEach((line, at) => {
    if (line.startsWith("```")) isFenced = !isFenced;
    const columns = [...line].length;
    if (columns <= COLUMNS_MAX || /^\s*([*/#]+\s*)?\|/.test(line)) return;
    if (file.endsWith(".md") && (isFenced || line.startsWith("    "))) return;
    const isBreakable = /\S\s+\S/.test(line.slice(0, COLUMNS_MAX).replace(/^[\s*/#>-]+/, ""));
    if (isBreakable) report(file, at + 1, `${columns} columns; at most ${COLUMNS_MAX}`);
  });
}

function checkFolders(report: Report): void {
  const folders = new Set(CODE.filter((file) => LAYERS[file.split("/")[0] ?? ""] !== undefined).map(dirname));
  for (const folder of folders) {
    if (/(^|\/)ports$/.test(folder)) continue;
    if (!isFile(join(folder, "README.md"))) report(folder, 1, "has no README.md");
  }
}

/** Above each message and enum; above a field, or after it. */
function checkDocstrings(file: string, report: Report): void {
  const lines = linesOf(file);
  lines.forEach((line, at) => {
    if (lines[at - 1]?.trim().startsWith("//") === true) return;
    const [, field, rest = ""] =
      /^\s+(?:(?:repeated |optional )?(?:map<[^>]*>|[\w.]+) )(\w+) = \d+(?: \[.*\])?;(.*)$/.exec(line) ?? [];
    if (field !== undefined && !rest.includes("//")) report(file, at + 1, `${field} has no docstring`);
    const [, kind, name] = /^\s*(message|enum) (\w+)/.exec(line) ?? [];
    if (name !== undefined) report(file, at + 1, `${kind} ${name} has no docstring`);
  });
}
