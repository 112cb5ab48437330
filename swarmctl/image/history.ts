import { toRfc3339 } from "../../shared/docker-shape/common.ts";
import { historyOf } from "../../shared/docker-shape/image.ts";
import type { Run } from "../cli.ts";
import { ago } from "../format/age.ts";
import { formatList } from "../format/list.ts";
import { decimalSize } from "../format/size.ts";
import { ellipsis } from "../format/table.ts";
import { imageEngine } from "./engine.ts";
import type { HISTORY_OPTIONS } from "./options.ts";
import { shortImageId } from "./row.ts";

const CREATED_BY_CHARACTERS = 45;

export const run: Run<typeof HISTORY_OPTIONS> = async (cli, [ref = ""], flags) => {
  await using engine = await imageEngine(cli, flags.text("node"));
  const image = await engine.images.inspect({ ref }, { signal: cli.signal });
  const isWhole = flags.is("noTrunc");
  const isHuman = !flags.has("human") || flags.is("human");
  const rows = historyOf(image).map((step) => {
    const createdAt = step.createdAtMs === 0 ? "N/A" : toRfc3339(step.createdAtMs);
    const since = step.createdAtMs === 0 ? "N/A" : ago(step.createdAtMs, cli.clock.wallNow());
    return {
      ID: isWhole || !step.id.startsWith("sha256:") ? step.id : shortImageId(step.id),
      Comment: step.comment,
      CreatedAt: createdAt,
      CreatedBy: isWhole ? step.createdBy : ellipsis(step.createdBy, CREATED_BY_CHARACTERS),
      CreatedSince: isHuman ? since : createdAt,
      Size: isHuman ? decimalSize(step.size) : String(step.size),
    };
  });
  type Row = (typeof rows)[number];
  const columns = [
    { heading: "IMAGE", cell: (row: Row) => row.ID },
    { heading: isHuman ? "CREATED" : "CREATED AT", cell: (row: Row) => row.CreatedSince },
    { heading: "CREATED BY", cell: (row: Row) => row.CreatedBy },
    { heading: "SIZE", cell: (row: Row) => row.Size },
    { heading: "COMMENT", cell: (row: Row) => row.Comment },
  ];
  const options = { quiet: flags.is("quiet"), format: flags.text("format") ?? "" };
  for (const line of formatList({ rows, columns, id: (row) => row.ID }, options)) cli.output.line(line);
};
