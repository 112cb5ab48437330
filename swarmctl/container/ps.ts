import {
  CONTAINER_FILTERS,
  checkContainerFilters,
  matchesContainer,
} from "../../shared/docker-shape/container-filters.ts";
import type { Run } from "../cli.ts";
import { formatList } from "../format/list.ts";
import { parseFilters } from "../parse/filters.ts";
import { parseWhole } from "../parse/numbers.ts";
import { containersOf } from "./host.ts";
import type { PS_OPTIONS } from "./options.ts";
import { CONTAINER_COLUMNS, containerRow, SIZE_COLUMN } from "./row.ts";

export const run: Run<typeof PS_OPTIONS> = async (cli, _args, flags) => {
  const filters = parseFilters(flags.list("filter"), CONTAINER_FILTERS);
  const last = flags.is("latest") ? 1 : flags.text("last");
  const count = last === undefined ? null : parseWhole(String(last), "--last", { min: -1 });
  const isAll = flags.is("all") || count !== null || filters.status.length > 0 || filters.exited.length > 0;
  const containers = await containersOf(cli, flags);
  const { containers: every } = await containers.list({ all: true, sizes: flags.is("size") }, { signal: cli.signal });
  checkContainerFilters(filters, every);
  const shown = every
    .filter(({ state }) => isAll || state === "RUNNING" || state === "PAUSED" || state === "RESTARTING")
    .filter((one) => matchesContainer(one, filters, every));
  const rows = (count === null || count < 0 ? shown : shown.slice(0, count)).map((one) =>
    containerRow(one, { nowMs: cli.clock.wallNow(), wide: flags.is("noTrunc") }),
  );
  const columns = flags.is("size") ? [...CONTAINER_COLUMNS, SIZE_COLUMN] : CONTAINER_COLUMNS;
  const options = { quiet: flags.is("quiet"), format: flags.text("format") ?? "" };
  for (const line of formatList({ rows, columns, id: (row) => row.ID }, options)) {
    cli.output.line(line);
  }
};
