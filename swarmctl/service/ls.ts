import type { Run } from "../cli.ts";
import { formatList } from "../format/list.ts";
import { naturalCompare } from "../format/natural-order.ts";
import type { LIST_OPTIONS } from "../list-options.ts";
import { parseFilters } from "../parse/filters.ts";
import { parseMode } from "../parse/mode.ts";
import { SERVICE_COLUMNS, serviceRow } from "./row.ts";

export const run: Run<typeof LIST_OPTIONS> = async (cli, _args, flags) => {
  const filters = parseFilters(flags.list("filter"), ["id", "name", "label", "mode"]);
  const modes = filters.mode.map((word) => parseMode(word, "--filter mode"));
  const control = await cli.api.control();
  const { services } = await control.listServices(
    { idPrefixes: filters.id, namePrefixes: filters.name, labels: filters.label, modes },
    { signal: cli.signal },
  );
  const rows = services.map(serviceRow).sort((a, b) => naturalCompare(a.Name, b.Name));
  const options = { quiet: flags.is("quiet"), format: flags.text("format") ?? "" };
  for (const line of formatList({ rows, columns: SERVICE_COLUMNS, id: (row) => row.ID }, options)) {
    cli.output.line(line);
  }
};
