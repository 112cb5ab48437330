import { messageOf } from "../../shared/errors.ts";
import type { ListVolumesRequest } from "../../shared/rpc/gen/volumes.ts";
import type { Sendable } from "../../shared/rpc/sendable.ts";
import type { Cli, Run } from "../cli.ts";
import { formatList } from "../format/list.ts";
import { naturalCompare } from "../format/natural-order.ts";
import { nodesById } from "../names.ts";
import { parseFilters } from "../parse/filters.ts";
import { parseChoice } from "../parse/numbers.ts";
import { usageError } from "../parse/usage.ts";
import { volumeEngine } from "./engine.ts";
import type { VOLUME_LIST_OPTIONS } from "./options.ts";
import { NODE_COLUMN, VOLUME_COLUMNS, type VolumeRow, volumeRow } from "./row.ts";

const BOOLEANS = { true: true, "1": true, false: false, "0": false };

export const run: Run<typeof VOLUME_LIST_OPTIONS> = async (cli, _args, flags) => {
  const request = filterOf(flags.list("filter"));
  const isAll = flags.is("allNodes");
  const node = flags.text("node");
  if (isAll && node !== undefined) throw usageError("--all-nodes and --node cannot be combined");
  const rows = request === null ? [] : isAll ? await rowsOfAll(cli, request) : await rowsOf(cli, node, "", request);
  const sorted = rows.toSorted((a, b) => naturalCompare(a.Name, b.Name) || naturalCompare(a.Node, b.Node));
  const columns = isAll ? [...VOLUME_COLUMNS, NODE_COLUMN] : VOLUME_COLUMNS;
  const options = { quiet: flags.is("quiet"), format: flags.text("format") ?? "" };
  for (const line of formatList({ rows: sorted, columns, id: (row) => row.Name }, options)) cli.output.line(line);
};

/** What can be had; of nodes that do not answer a warning says so. */
async function rowsOfAll(cli: Cli, request: Sendable<ListVolumesRequest>): Promise<readonly VolumeRow[]> {
  const nodes = [...(await nodesById(cli)).values()];
  const found = await Promise.all(
    nodes.map(async ({ id, description, status }) => {
      const name = description?.hostname ?? id;
      try {
        if (status?.state !== "READY") throw new Error("it is down");
        return await rowsOf(cli, id, name, request);
      } catch (error) {
        cli.signal.throwIfAborted();
        cli.output.warn(`Warning: volumes of node ${name} are left out: ${messageOf(error)}`);
        return [];
      }
    }),
  );
  return found.flat();
}

async function rowsOf(
  cli: Cli,
  node: string | undefined,
  name: string,
  request: Sendable<ListVolumesRequest>,
): Promise<readonly VolumeRow[]> {
  await using engine = await volumeEngine(cli, node);
  const { volumes } = await engine.volumes.list(request, { signal: cli.signal });
  return volumes.map((volume) => volumeRow(volume, name));
}

/** null = nothing can match. @throws SwarmError invalidArgument. */
function filterOf(texts: readonly string[]): Sendable<ListVolumesRequest> | null {
  const filters = parseFilters(texts, ["name", "label", "dangling", "driver"]);
  if (filters.driver.length > 0 && !filters.driver.includes("local")) return null;
  const dangling = filters.dangling.map((word) => parseChoice(word, "--filter dangling", BOOLEANS)).at(-1);
  return { names: filters.name, labels: filters.label, ...(dangling === undefined ? {} : { dangling }) };
}
