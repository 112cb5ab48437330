import type { ContentKind } from "../../shared/objects/file-reference.ts";
import type { Run } from "../cli.ts";
import { formatList } from "../format/list.ts";
import { naturalCompare } from "../format/natural-order.ts";
import type { LIST_OPTIONS } from "../list-options.ts";
import { parseFilters } from "../parse/filters.ts";
import { contentCalls } from "./calls.ts";
import { CONTENT_COLUMNS, contentRow } from "./row.ts";

export function createRun(kind: ContentKind): Run<typeof LIST_OPTIONS> {
  return async (cli, _args, flags) => {
    const filters = parseFilters(flags.list("filter"), ["id", "name", "label"]);
    const calls = await contentCalls(cli, kind);
    const found = await calls.list({ idPrefixes: filters.id, namePrefixes: filters.name, labels: filters.label });
    const nowMs = cli.clock.wallNow();
    const rows = found
      .map((content) => contentRow(kind, content, nowMs))
      .sort((a, b) => naturalCompare(a.Name, b.Name));
    const options = { quiet: flags.is("quiet"), format: flags.text("format") ?? "" };
    const list = { rows, columns: CONTENT_COLUMNS[kind], id: (row: { readonly ID: string }) => row.ID };
    for (const line of formatList(list, options)) cli.output.line(line);
  };
}
