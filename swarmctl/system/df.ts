import { messageOf, SwarmError } from "../../shared/errors.ts";
import type { HostServices } from "../../shared/rpc/light/host-services.ts";
import type { Cli, Run } from "../cli.ts";
import { containerRow } from "../container/row.ts";
import { formatList } from "../format/list.ts";
import { decimalSize } from "../format/size.ts";
import { formatTable } from "../format/table.ts";
import { engineAt, imageEngine, LONG_CALL_MS, upNodes } from "../image/engine.ts";
import { imageRows } from "../image/row.ts";
import { usageError } from "../parse/usage.ts";
import { type HostHas, NODE_COLUMN, USE_COLUMNS, type UseRow, useRows } from "./disk-use.ts";
import type { DF_OPTIONS } from "./options.ts";

export const run: Run<typeof DF_OPTIONS> = async (cli, _args, flags) => {
  const format = flags.text("format") ?? "";
  const isVerbose = flags.is("verbose");
  if (isVerbose && format !== "") throw usageError("--verbose and --format cannot be combined");
  if (flags.is("allNodes")) {
    if (flags.has("node") || isVerbose) throw usageError("--all-nodes cannot be combined with --node or --verbose");
    await showAll(cli, format);
    return;
  }
  await using engine = await imageEngine(cli, flags.text("node"));
  const has = await look(cli, engine);
  if (isVerbose) for (const line of verboseLines(has, cli.clock.wallNow())) cli.output.line(line);
  else show(cli, useRows(flags.text("node") ?? "", has), format, false);
};

/** Each node by itself; one that fails does not keep the others from being shown. */
async function showAll(cli: Cli, format: string): Promise<void> {
  const failed: string[] = [];
  const rows = await Promise.all(
    (await upNodes(cli)).map(async ({ id, name }) => {
      await using engine = await engineAt(cli, { kind: "node", nodeId: id });
      try {
        return useRows(name, await look(cli, engine));
      } catch (error) {
        if (cli.signal.aborted) throw error;
        failed.push(`node ${name}: ${messageOf(error)}`);
        return [];
      }
    }),
  );
  show(cli, rows.flat(), format, true);
  if (failed.length > 0) throw new SwarmError("unavailable", failed.join("\nError: "));
}

function show(cli: Cli, rows: readonly UseRow[], format: string, withNode: boolean): void {
  const columns = withNode ? [NODE_COLUMN, ...USE_COLUMNS] : USE_COLUMNS;
  for (const line of formatList({ rows, columns, id: (row) => row.Type }, { quiet: false, format })) {
    cli.output.line(line);
  }
}

async function look({ signal }: Cli, { images, containers, volumes }: HostServices): Promise<HostHas> {
  const options = { signal, timeoutMs: LONG_CALL_MS };
  const [listed, made, kept] = await Promise.all([
    images.list({}, options),
    containers.list({ all: true, sizes: true }, options),
    volumes.list({ sizes: true }, options),
  ]);
  return { images: listed, containers: made.containers, volumes: kept.volumes };
}

function verboseLines({ images, containers, volumes }: HostHas, nowMs: number): readonly string[] {
  const imageLines = images.images
    .filter(({ isIntermediate }) => !isIntermediate)
    .flatMap((image) => imageRows(image, { truncate: true, nowMs }));
  const containerLines = containers.map((each) => ({
    ...containerRow(each, { nowMs, wide: false }),
    Size: decimalSize(Math.max(0, each.ownBytes)),
  }));
  return [
    "Images space usage:",
    "",
    ...formatTable(
      [
        { heading: "REPOSITORY", cell: (row) => row.Repository },
        { heading: "TAG", cell: (row) => row.Tag },
        { heading: "IMAGE ID", cell: (row) => row.ID },
        { heading: "CREATED", cell: (row) => row.CreatedSince },
        { heading: "SIZE", cell: (row) => row.Size },
        { heading: "SHARED SIZE", cell: (row) => row.SharedSize },
        { heading: "UNIQUE SIZE", cell: (row) => row.UniqueSize },
        { heading: "CONTAINERS", cell: (row) => row.Containers },
      ],
      imageLines,
    ),
    "",
    "Containers space usage:",
    "",
    ...formatTable(
      [
        { heading: "CONTAINER ID", cell: (row) => row.ID },
        { heading: "IMAGE", cell: (row) => row.Image },
        { heading: "COMMAND", cell: (row) => row.Command },
        { heading: "LOCAL VOLUMES", cell: (row) => row.LocalVolumes },
        { heading: "SIZE", cell: (row) => row.Size },
        { heading: "CREATED", cell: (row) => row.RunningFor },
        { heading: "STATUS", cell: (row) => row.Status },
        { heading: "NAMES", cell: (row) => row.Names },
      ],
      containerLines,
    ),
    "",
    "Local Volumes space usage:",
    "",
    ...formatTable(
      [
        { heading: "VOLUME NAME", cell: (volume) => volume.name },
        { heading: "LINKS", cell: (volume) => String(volume.usedBy.length) },
        { heading: "SIZE", cell: (volume) => (volume.sizeBytes < 0 ? "N/A" : decimalSize(volume.sizeBytes)) },
      ],
      volumes,
    ),
  ];
}
