import type { Login } from "../../shared/rpc/gen/objects.ts";
import type { Run } from "../cli.ts";
import { ago } from "../format/age.ts";
import { formatList } from "../format/list.ts";
import { naturalCompare } from "../format/natural-order.ts";
import type { Column } from "../format/table.ts";
import type { LIST_OPTIONS } from "../list-options.ts";
import { parseFilters } from "../parse/filters.ts";

export const run: Run<typeof LIST_OPTIONS> = async (cli, _args, flags) => {
  const filters = parseFilters(flags.list("filter"), ["id", "name"]);
  const control = await cli.api.control();
  const request = { idPrefixes: filters.id, namePrefixes: filters.name };
  const { logins } = await control.listLogins(request, { signal: cli.signal });
  const nowMs = cli.clock.wallNow();
  const rows = logins.map((login) => rowOf(login, nowMs)).sort((a, b) => naturalCompare(a.Registry, b.Registry));
  const options = { quiet: flags.is("quiet"), format: flags.text("format") ?? "" };
  for (const line of formatList({ rows, columns: COLUMNS, id: (row) => row.ID }, options)) cli.output.line(line);
};

/** A line; its fields are what templates and JSON know. */
interface LoginRow extends Readonly<Record<string, unknown>> {
  readonly CreatedAt: string;
  readonly ID: string;
  readonly Registry: string;
  readonly UpdatedAt: string;
  readonly Username: string;
}

function rowOf({ id, meta, spec }: Login, nowMs: number): LoginRow {
  return {
    CreatedAt: ago(meta?.createdAtMs ?? 0, nowMs),
    ID: id,
    Registry: spec?.annotations?.name ?? "",
    UpdatedAt: ago(meta?.updatedAtMs ?? 0, nowMs),
    // A token says by itself who it is of.
    Username: spec?.username === "" ? "<token>" : (spec?.username ?? ""),
  };
}

const COLUMNS: readonly Column<LoginRow>[] = [
  { heading: "ID", cell: (row) => row.ID },
  { heading: "REGISTRY", cell: (row) => row.Registry },
  { heading: "USERNAME", cell: (row) => row.Username },
  { heading: "CREATED", cell: (row) => row.CreatedAt },
  { heading: "UPDATED", cell: (row) => row.UpdatedAt },
];
