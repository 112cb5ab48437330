import type { ListNetworksRequest } from "../../shared/rpc/gen/control.ts";
import type { Sendable } from "../../shared/rpc/sendable.ts";
import type { Run } from "../cli.ts";
import { formatList } from "../format/list.ts";
import { naturalCompare } from "../format/natural-order.ts";
import { parseFilters } from "../parse/filters.ts";
import { parseChoice } from "../parse/numbers.ts";
import type { NETWORK_LIST_OPTIONS } from "./options.ts";
import { NETWORK_COLUMNS, networkRow } from "./row.ts";

const BOOLEANS = { true: true, "1": true, false: false, "0": false };

export const run: Run<typeof NETWORK_LIST_OPTIONS> = async (cli, _args, flags) => {
  const control = await cli.api.control();
  const { networks } = await control.listNetworks(filterOf(flags.list("filter")), { signal: cli.signal });
  const rows = networks
    .map((network) => networkRow(network, !flags.is("noTrunc")))
    .sort((a, b) => naturalCompare(a.Name, b.Name));
  const options = { quiet: flags.is("quiet"), format: flags.text("format") ?? "" };
  for (const line of formatList({ rows, columns: NETWORK_COLUMNS, id: (row) => row.ID }, options))
    cli.output.line(line);
};

/** @throws SwarmError invalidArgument. */
function filterOf(texts: readonly string[]): Sendable<ListNetworksRequest> {
  const filters = parseFilters(texts, ["id", "name", "label", "driver", "scope", "type", "dangling"]);
  const scopes = filters.scope.map((word) => parseChoice(word, "--filter scope", { swarm: "swarm", local: "local" }));
  const types = filters.type.map((word) =>
    parseChoice(word, "--filter type", { custom: "custom", builtin: "builtin" }),
  );
  const dangling = filters.dangling.map((word) => parseChoice(word, "--filter dangling", BOOLEANS)).at(-1);
  return {
    idPrefixes: filters.id,
    namePrefixes: filters.name,
    labels: filters.label,
    drivers: filters.driver,
    scopes,
    types,
    ...(dangling === undefined ? {} : { dangling }),
  };
}
