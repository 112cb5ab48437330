import { hasLabel } from "../../shared/objects/labels.ts";
import type { Run } from "../cli.ts";
import { formatList } from "../format/list.ts";
import { naturalCompare } from "../format/natural-order.ts";
import type { LIST_OPTIONS } from "../list-options.ts";
import { parseFilters } from "../parse/filters.ts";
import { parseChoice } from "../parse/numbers.ts";
import { ROLES } from "../swarm/availability.ts";
import { nodeColumns, nodeRow } from "./row.ts";

export const run: Run<typeof LIST_OPTIONS> = async (cli, _args, flags) => {
  const filters = parseFilters(flags.list("filter"), ["id", "name", "role", "label", "node.label", "membership"]);
  const [control, local] = await Promise.all([cli.api.control(), cli.api.local()]);
  const [{ nodes }, { cluster }, { nodeId }] = await Promise.all([
    control.listNodes(
      {
        idPrefixes: filters.id,
        namePrefixes: filters.name,
        labels: filters["node.label"],
        roles: filters.role.map((word) => parseChoice(word, "--filter role", ROLES)),
      },
      { signal: cli.signal },
    ),
    control.getCluster({}, { signal: cli.signal }),
    local.info({}, { signal: cli.signal }),
  ]);
  const shown = nodes
    .filter((node) => filters.label.every((filter) => hasLabel(node.description?.engineLabels ?? {}, filter)))
    // Every node with a certificate was accepted: there is no other membership.
    .filter(() => filters.membership.length === 0 || filters.membership.includes("accepted"));
  const rotation = cluster?.rootCa?.rotation ?? null;
  const rows = shown
    .map((node) => nodeRow(node, nodeId, rotation))
    .sort((a, b) => naturalCompare(a.Hostname, b.Hostname) || naturalCompare(a.ID, b.ID));
  const options = { quiet: flags.is("quiet"), format: flags.text("format") ?? "" };
  for (const line of formatList({ rows, columns: nodeColumns(rows), id: (row) => row.ID }, options))
    cli.output.line(line);
};
