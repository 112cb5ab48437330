import type { Run } from "../cli.ts";
import { formatTable } from "../format/table.ts";
import type { PLACE_OPTIONS } from "./options.ts";
import { engineOf, placeOf } from "./place.ts";

export const run: Run<typeof PLACE_OPTIONS> = async (cli, [ref = "", ...psOptions], flags) => {
  const place = await placeOf(cli, ref, flags.text("node"));
  await using engine = await engineOf(cli, place);
  const { titles, processes } = await engine.streams.top(
    { container: place.container, psOptions },
    { signal: cli.signal },
  );
  const columns = titles.map((heading, at) => ({ heading, cell: (row: readonly string[]) => row[at] ?? "" }));
  const rows = processes.map(({ fields }) => fields);
  for (const line of formatTable(columns, rows)) cli.output.line(line);
};
