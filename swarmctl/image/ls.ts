import { filteredImages } from "../../shared/docker-shape/image-filters.ts";
import { parseUntil } from "../../shared/run-text/instant.ts";
import type { Run } from "../cli.ts";
import { formatList } from "../format/list.ts";
import { parseFilters } from "../parse/filters.ts";
import { parseChoice } from "../parse/numbers.ts";
import { usageError } from "../parse/usage.ts";
import { imageEngine } from "./engine.ts";
import type { LS_OPTIONS } from "./options.ts";
import { type ImageRow, imageColumns, imageRows } from "./row.ts";

const BOOLEANS = { true: true, "1": true, false: false, "0": false };
const KEYS = ["dangling", "label", "before", "since", "reference", "until"] as const;

export const run: Run<typeof LS_OPTIONS> = async (cli, [reference, ...more], flags) => {
  if (more.length > 0) throw usageError("`image ls` takes at most one NAME[:TAG]");
  await using engine = await imageEngine(cli, flags.text("node"));
  const { images } = await engine.images.list({}, { signal: cli.signal });
  const filters = parseFilters(flags.list("filter"), KEYS);
  const nowMs = cli.clock.wallNow();
  const wanted = filteredImages(images, {
    dangling: filters.dangling.map((word) => parseChoice(word, "--filter dangling", BOOLEANS)).at(-1),
    ...{ labels: filters.label, labelsNot: [], before: filters.before, since: filters.since },
    untilMs: filters.until.map((text) => parseUntil(text, nowMs)).at(-1),
    references: [...filters.reference, ...(reference === undefined ? [] : [reference])],
  });
  const rows = wanted
    .filter((image) => flags.is("all") || !image.isIntermediate)
    .flatMap((image) => imageRows(image, { truncate: !flags.is("noTrunc"), nowMs }));
  const options = { quiet: flags.is("quiet"), format: flags.text("format") ?? "" };
  // Of an image with several names, its id is printed once.
  const listed = options.quiet ? [...new Map(rows.map((row) => [row.ID, row])).values()] : rows;
  const list = { rows: listed, columns: imageColumns(flags.is("digests")), id: (row: ImageRow) => row.ID };
  for (const line of formatList(list, options)) cli.output.line(line);
};
