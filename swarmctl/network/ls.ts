import { hasLabel } from "../../shared/objects/labels.ts";
import { asNetwork, predefinedNetworks } from "../../shared/objects/local-network.ts";
import { driverOf, isPredefined } from "../../shared/objects/network.ts";
import type { Network } from "../../shared/rpc/gen/objects.ts";
import type { Run } from "../cli.ts";
import { formatList } from "../format/list.ts";
import { naturalCompare } from "../format/natural-order.ts";
import { parseFilters } from "../parse/filters.ts";
import { parseChoice } from "../parse/numbers.ts";
import { ofSwarm } from "./local.ts";
import type { NETWORK_LIST_OPTIONS } from "./options.ts";
import { NETWORK_COLUMNS, networkRow } from "./row.ts";

const BOOLEANS = { true: true, "1": true, false: false, "0": false };

export const run: Run<typeof NETWORK_LIST_OPTIONS> = async (cli, _args, flags) => {
  const filter = filterOf(flags.list("filter"));
  const [ofManagers, local] = await Promise.all([
    ofSwarm(async () => (await cli.api.control()).listNetworks(filter, { signal: cli.signal })),
    (await cli.api.networks()).list({}, { signal: cli.signal }),
  ]);
  const others = ofManagers?.networks ?? predefinedNetworks().filter((network) => isShown(network, true, filter));
  const own = local.networks.filter((one) => isShown(asNetwork(one), one.users > 0, filter)).map(asNetwork);
  const rows = [...others, ...own]
    .map((network) => networkRow(network, !flags.is("noTrunc")))
    .sort((a, b) => naturalCompare(a.Name, b.Name));
  const options = { quiet: flags.is("quiet"), format: flags.text("format") ?? "" };
  for (const line of formatList({ rows, columns: NETWORK_COLUMNS, id: (row) => row.ID }, options))
    cli.output.line(line);
};

/** As the managers judge their networks. */
function isShown(network: Network, isUsed: boolean, filter: Filter): boolean {
  const { spec, id } = network;
  const name = spec?.annotations?.name ?? "";
  const driver = driverOf(spec ?? { driver: "" });
  const anyOf = (all: readonly string[], fits: (one: string) => boolean): boolean => all.length === 0 || all.some(fits);
  const isBuiltIn = spec !== null && isPredefined(spec);
  return (
    anyOf([...filter.idPrefixes, ...filter.namePrefixes], (one) => id.startsWith(one) || name.startsWith(one)) &&
    filter.labels.every((label) => hasLabel(spec?.annotations?.labels ?? {}, label)) &&
    anyOf(filter.drivers, (one) => one === driver) &&
    anyOf(filter.scopes, (one) => one === "local") &&
    anyOf(filter.types, (one) => one === (isBuiltIn ? "builtin" : "custom")) &&
    (filter.dangling === undefined || filter.dangling === (!isUsed && !isBuiltIn))
  );
}

type Filter = ReturnType<typeof filterOf>;

/** @throws SwarmError invalidArgument. */
function filterOf(texts: readonly string[]) {
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
