import { type Column, formatTable } from "./table.ts";
import { fillTemplate, type TemplateData } from "./template.ts";

export interface ListOptions {
  readonly quiet: boolean;
  /** "table", "table TEMPLATE", "json" or a template; "" = table. */
  readonly format: string;
}

export interface List<Row extends TemplateData> {
  readonly rows: readonly Row[];
  readonly columns: readonly Column<Row>[];
  /** What `--quiet` prints of a row. */
  readonly id: (row: Row) => string;
}

/** The lines of an `ls` or `ps` command in the requested form; `json` is one object per line. */
export function formatList<Row extends TemplateData>(list: List<Row>, options: ListOptions): readonly string[] {
  const format = options.format.trim();
  if (options.quiet && (format === "" || format === "table")) return list.rows.map(list.id);
  if (format === "" || format === "table") return formatTable(list.columns, list.rows);
  if (format === "json") return list.rows.map((row) => JSON.stringify(row));
  if (format.startsWith("table ")) return templateTable(format.slice("table ".length), list.rows);
  return list.rows.map((row) => fillTemplate(format, row));
}

/** Headings are the field names in capitals, as Docker prints them. */
function templateTable(template: string, rows: readonly TemplateData[]): readonly string[] {
  // A tab within an action is an argument of its function.
  const cells = template.replace(/(\{\{.*?\}\})|\\t|\t/g, (_, action?: string) => action ?? CELL_END).split(CELL_END);
  const columns = cells.map((cell) => ({
    heading: cell.replace(/\{\{(.*?)\}\}/g, (_, action: string) => headingOf(action)),
    cell: (row: TemplateData) => fillTemplate(cell, row),
  }));
  return formatTable(columns, rows);
}

/** No argument on a command line can contain it. */
const CELL_END = "\0";

/** `upper .CurrentState` as `CURRENT STATE`; actions that only decide (`if`) or end something have no heading. */
function headingOf(action: string): string {
  if (/^(?:-\s)?\s*(?:if|else|range|with|end)\b/.test(action)) return "";
  const field = /\.(\w+)/.exec(action)?.[1] ?? "";
  return field.replace(/([a-z])([A-Z])/g, "$1 $2").toUpperCase();
}
