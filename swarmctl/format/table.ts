import { visible } from "../../shared/visible-text.ts";

/** A column: its heading and the field of a row it shows. */
export interface Column<Row> {
  readonly heading: string;
  readonly cell: (row: Row) => string;
}

/** Blanks between columns. */
export const GAP = 3;

/**
 * Rows under headings, each column as wide as its widest cell; no line ends in blanks. A line break in a cell is made
 * visible, so that no text can look like a separate row.
 */
export function formatTable<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): readonly string[] {
  const lines = [
    columns.map((column) => column.heading),
    ...rows.map((row) => columns.map(({ cell }) => visible(cell(row)))),
  ];
  const widths = columns.map((_, at) => Math.max(...lines.map((line) => width(line[at] ?? ""))));
  return lines.map((line) =>
    line
      .map((text, at) => (at === line.length - 1 ? text : text + " ".repeat((widths[at] ?? 0) - width(text) + GAP)))
      .join("")
      .trimEnd(),
  );
}

/** A long text, cut to at most `length` characters with an ellipsis. */
export function ellipsis(text: string, length: number): string {
  return [...text].length <= length ? text : `${[...text].slice(0, length - 1).join("")}…`;
}

function width(text: string): number {
  return [...text].length;
}
