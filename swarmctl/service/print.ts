import type { Cli } from "../cli.ts";
import type { Flags } from "../flags.ts";
import { formatList } from "../format/list.ts";
import { naturalCompare } from "../format/natural-order.ts";
import type { LIST_OPTIONS } from "../list-options.ts";
import type { OptionName } from "../option-spec.ts";
import { parseFilters } from "../parse/filters.ts";
import { parseMode } from "../parse/mode.ts";
import { SERVICE_COLUMNS, serviceRow } from "./row.ts";

/** Prints the services that have these labels, and pass the filters; the body of `service ls` and `stack services`. */
export async function printServices(
  cli: Cli,
  flags: Flags<OptionName<typeof LIST_OPTIONS>>,
  labels: readonly string[] = [],
): Promise<void> {
  const filters = parseFilters(flags.list("filter"), ["id", "name", "label", "mode"]);
  const modes = filters.mode.map((word) => parseMode(word, "--filter mode"));
  const control = await cli.api.control();
  const { services } = await control.listServices(
    { idPrefixes: filters.id, namePrefixes: filters.name, labels: [...labels, ...filters.label], modes },
    { signal: cli.signal },
  );
  const rows = services.map(serviceRow).sort((a, b) => naturalCompare(a.Name, b.Name));
  const options = { quiet: flags.is("quiet"), format: flags.text("format") ?? "" };
  for (const line of formatList({ rows, columns: SERVICE_COLUMNS, id: (row) => row.ID }, options)) {
    cli.output.line(line);
  }
}
