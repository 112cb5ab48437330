import { parseImageReference, toShortText } from "../../shared/image-reference.ts";
import { hasLabel } from "../../shared/objects/labels.ts";
import type { ImageSummary } from "../../shared/rpc/gen/images.ts";
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
  const filters = flags.list("filter").concat(reference === undefined ? [] : [`reference=${reference}`]);
  const nowMs = cli.clock.wallNow();
  const shown = filtered(images, filters, nowMs).filter((image) => flags.is("all") || !image.isIntermediate);
  const patterns = parseFilters(filters, KEYS).reference;
  const rows = shown
    .flatMap((image) => imageRows(image, { truncate: !flags.is("noTrunc"), nowMs }))
    .filter((row) => patterns.length === 0 || patterns.some((pattern) => matches(row, pattern)));
  const options = { quiet: flags.is("quiet"), format: flags.text("format") ?? "" };
  // Of an image with several names, its id is printed once.
  const listed = options.quiet ? [...new Map(rows.map((row) => [row.ID, row])).values()] : rows;
  const list = { rows: listed, columns: imageColumns(flags.is("digests")), id: (row: ImageRow) => row.ID };
  for (const line of formatList(list, options)) cli.output.line(line);
};

function filtered(images: readonly ImageSummary[], texts: readonly string[], nowMs: number): readonly ImageSummary[] {
  const filters = parseFilters(texts, KEYS);
  const dangling = filters.dangling.map((word) => parseChoice(word, "--filter dangling", BOOLEANS)).at(-1);
  const until = filters.until.map((text) => parseUntil(text, nowMs)).at(-1);
  const before = filters.before.map((ref) => madeAt(images, ref)).at(-1);
  const since = filters.since.map((ref) => madeAt(images, ref)).at(-1);
  return images.filter(
    (image) =>
      (dangling === undefined || dangling === isDangling(image)) &&
      filters.label.every((label) => hasLabel(image.labels, label)) &&
      (until === undefined || image.createdAtMs < until) &&
      (before === undefined || image.createdAtMs < before) &&
      (since === undefined || image.createdAtMs > since),
  );
}

function isDangling({ repoTags, repoDigests, isIntermediate }: ImageSummary): boolean {
  return repoTags.length === 0 && repoDigests.length === 0 && !isIntermediate;
}

/** @throws SwarmError when no listed image is meant. */
function madeAt(images: readonly ImageSummary[], ref: string): number {
  const id = ref.replace(/^sha256:/, "");
  const found = images.find(
    (image) => image.repoTags.includes(tagged(ref)) || image.id.slice("sha256:".length).startsWith(id),
  );
  if (found === undefined) throw usageError(`No such image: ${ref}`);
  return found.createdAtMs;
}

function tagged(ref: string): string {
  try {
    const reference = parseImageReference(ref);
    return toShortText({ ...reference, tag: reference.tag ?? "latest" });
  } catch {
    return ref;
  }
}

/** As a shell would match it; a pattern without a tag means all tags. */
function matches({ Repository, Tag }: ImageRow, pattern: string): boolean {
  const expression = pattern
    .replace(/[.+^${}()|\\]/g, "\\$&")
    .replace(/\*/g, "[^/]*")
    .replace(/\?/g, "[^/]");
  const whole = new RegExp(`^${expression}$`);
  return whole.test(Repository) || whole.test(`${Repository}:${Tag}`);
}
