/** What comments and pages refer to by heading: the page and the heading must exist in the repository. */
import { dirname, join } from "node:path";
import { FILES, linesOf, type Report } from "./tree.ts";

/** A page, then `#` and the heading's anchor, or a comma and its words; links inside a page are an anchor alone. */
const BY_ANCHOR = /([\w./-]+\.md)#([\w-]+)/g;
const BY_WORDS = /([\w./-]+\.md), ([A-Z].*)/g;
const INSIDE = /\]\(#([^)\s]+)\)/g;
/** Sections by number of a paper that only its author has; published ones are named. */
const ELSEWHERE = /§\s?\d|\b[A-Z]+_[A-Z_]*[A-Z]\s\d+(\.\d+)*\b|\b(?!SWIM\b)[A-Z]{4,}\s\d+\.\d+\b/;

/** `text` has the lines to check; other lines may be empty, so that line numbers stay. */
export function checkCitations(file: string, text: readonly string[], report: Report): void {
  text.forEach((line, at) => {
    for (const sentence of brokenCitations(file, line, headingsOf)) report(file, at + 1, sentence);
  });
}

/** What is wrong with the citations of one line, a sentence each. `headings` is null for a page that does not exist. */
export function brokenCitations(
  file: string,
  line: string,
  headings: (page: string) => readonly string[] | null,
): readonly string[] {
  const broken: string[] = [];
  const elsewhere = ELSEWHERE.exec(line);
  if (elsewhere !== null) broken.push(`cites "${elsewhere[0]}", which the repository does not have; state the fact`);
  const look = (page: string, isMeant: (heading: string) => boolean, words: string): void => {
    const there = headings(page) ?? headings(join(dirname(file), page));
    if (there === null) return;
    const count = there.filter(isMeant).length;
    if (count === 0) broken.push(`${page} has no heading "${words}"`);
    if (count > 1) broken.push(`${page} has ${count} headings "${words}"; give them names of their own`);
  };
  for (const [, page = "", anchor = ""] of line.matchAll(BY_ANCHOR)) {
    look(page, (heading) => slugOf(heading) === anchor, anchor);
  }
  for (const [, anchor = ""] of line.matchAll(INSIDE)) {
    look(file, (heading) => slugOf(heading) === anchor, anchor);
  }
  for (const [, page = "", words = ""] of line.matchAll(BY_WORDS)) {
    look(page, (heading) => words.startsWith(heading), words);
  }
  return broken;
}

/** The anchor by which a heading is linked to. */
function slugOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
    .trim()
    .replaceAll(/\s/g, "-");
}

const known = new Map<string, readonly string[]>();

/** A page that does not exist at all is a breach that other checks report. */
function headingsOf(page: string): readonly string[] | null {
  if (!FILES.includes(page)) return null;
  let headings = known.get(page);
  if (headings === undefined) {
    headings = linesOf(page).flatMap((line) => /^#{1,6} (.*)$/.exec(line)?.[1] ?? []);
    known.set(page, headings);
  }
  return headings;
}
