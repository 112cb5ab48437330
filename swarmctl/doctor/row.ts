import type { Finding } from "../../shared/rpc/gen/doctor.ts";
import { visible } from "../../shared/visible-text.ts";
import { type Column, formatTable, GAP } from "../format/table.ts";

/** One finding, as `--format` sees it. */
export type FindingRow = ReturnType<typeof findingRow>;

export function findingRow({ severity, what, where, result, mend }: Finding) {
  return { Severity: severity.toLowerCase(), What: what, Where: where, Result: result, Mend: mend };
}

export const FINDING_COLUMNS: readonly Column<FindingRow>[] = [
  { heading: "WHAT", cell: (row) => row.What },
  { heading: "WHERE", cell: (row) => row.Where },
  { heading: "RESULT", cell: (row) => row.Result },
  { heading: "MEND", cell: (row) => row.Mend },
];

/** How many of each there are, in words. */
export function summary(findings: readonly Finding[]): string {
  const count = (severity: Finding["severity"]): number => findings.filter((each) => each.severity === severity).length;
  const [broken, warnings] = [count("BROKEN"), count("WARNING")];
  const words = [
    ...(broken === 0 ? [] : [`${broken} broken`]),
    ...(warnings === 0 ? [] : [`${warnings} warning${warnings === 1 ? "" : "s"}`]),
  ];
  return words.length === 0 ? "Nothing is wrong." : `Found: ${words.join(", ")}.`;
}

/** Words before a result, so that the worst is seen without colours. */
function marked({ Severity, Result }: FindingRow): string {
  switch (Severity) {
    case "broken":
      return `BROKEN: ${Result}`;
    case "warning":
      return `warning: ${Result}`;
    default:
      return Result;
  }
}

/** Less than this is no column of words any more. */
const SENTENCE_WIDTH_MIN = 24;

/**
 * The table. On a terminal, results and mends are folded into the width that is left, so that columns stay columns; in
 * a file or a pipe a finding is one line.
 */
export function findingLines(
  rows: readonly FindingRow[],
  { isTerminal, columns }: { readonly isTerminal: boolean; readonly columns: number },
): readonly string[] {
  const shown = rows.map((row) => ({ ...row, Result: marked(row) }));
  if (!isTerminal) return formatTable(FINDING_COLUMNS, shown);
  const before = Math.max(...formatTable(FINDING_COLUMNS.slice(0, 2), shown).map(({ length }) => length));
  const width = Math.max(SENTENCE_WIDTH_MIN, Math.floor((columns - 1 - before - 2 * GAP) / 2));
  const folded = shown.flatMap((row) => {
    const [results, mends] = [fold(visible(row.Result), width), fold(visible(row.Mend), width)];
    const height = Math.max(results.length, mends.length);
    return Array.from({ length: height }, (_, at) => ({
      ...(at === 0 ? row : { ...row, What: "", Where: "" }),
      ...{ Result: results[at] ?? "", Mend: mends[at] ?? "" },
    }));
  });
  return formatTable(FINDING_COLUMNS, folded);
}

/** Lines of at most `width` characters, broken between words; a longer word has a line of its own. */
export function fold(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
