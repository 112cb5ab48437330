import { toRfc3339 } from "../../shared/docker-shape/common.ts";
import { parseImageReference, toShortText } from "../../shared/image-reference.ts";
import type { ImageSummary } from "../../shared/rpc/gen/images.ts";
import { ago } from "../format/age.ts";
import { decimalSize } from "../format/size.ts";
import type { Column } from "../format/table.ts";

/** Docker's fields of an image, one row for each of its names. */
export interface ImageRow extends Record<string, unknown> {
  readonly Containers: string;
  readonly CreatedAt: string;
  readonly CreatedSince: string;
  readonly Digest: string;
  readonly ID: string;
  readonly Repository: string;
  readonly SharedSize: string;
  readonly Size: string;
  readonly Tag: string;
  readonly UniqueSize: string;
  readonly VirtualSize: string;
}

const NONE = "<none>";
/** Characters of an id that tables show. */
const ID_LENGTH = 12;

export function shortImageId(id: string): string {
  return id.replace(/^sha256:/, "").slice(0, ID_LENGTH);
}

export interface RowOptions {
  readonly truncate: boolean;
  readonly nowMs: number;
}

export function imageRows(image: ImageSummary, { truncate, nowMs }: RowOptions): readonly ImageRow[] {
  const common = {
    Containers: String(image.containers),
    CreatedAt: image.createdAtMs === 0 ? "N/A" : toRfc3339(image.createdAtMs),
    CreatedSince: image.createdAtMs === 0 ? "N/A" : ago(image.createdAtMs, nowMs),
    ID: truncate ? shortImageId(image.id) : image.id,
    SharedSize: decimalSize(image.sharedBytes),
    Size: decimalSize(image.sizeBytes),
    UniqueSize: decimalSize(image.sizeBytes - image.sharedBytes),
    VirtualSize: decimalSize(image.sizeBytes),
  };
  return namesOf(image).map((name) => ({ ...common, ...name }));
}

type Name = Pick<ImageRow, "Repository" | "Tag" | "Digest">;

/** Names with tags, and digests of repositories in which it has no tag. */
function namesOf({ repoTags, repoDigests }: ImageSummary): readonly Name[] {
  const digests = new Map(repoDigests.map((text) => [repositoryOf(text), text.slice(text.indexOf("@") + 1)]));
  const tagged = repoTags.map((text): Name => {
    const repository = repositoryOf(text);
    return {
      Repository: repository,
      Tag: parseImageReference(text).tag ?? NONE,
      Digest: digests.get(repository) ?? NONE,
    };
  });
  const known = new Set(tagged.map(({ Repository }) => Repository));
  const untagged = [...digests]
    .filter(([repository]) => !known.has(repository))
    .map(([repository, digest]): Name => ({ Repository: repository, Tag: NONE, Digest: digest }));
  const all = [...tagged, ...untagged];
  return all.length === 0 ? [{ Repository: NONE, Tag: NONE, Digest: NONE }] : all;
}

function repositoryOf(text: string): string {
  return toShortText({ ...parseImageReference(text), tag: null, digest: null });
}

export function imageColumns(digests: boolean): readonly Column<ImageRow>[] {
  return [
    { heading: "REPOSITORY", cell: (row) => row.Repository },
    { heading: "TAG", cell: (row) => row.Tag },
    ...(digests ? [{ heading: "DIGEST", cell: (row: ImageRow) => row.Digest }] : []),
    { heading: "IMAGE ID", cell: (row) => row.ID },
    { heading: "CREATED", cell: (row) => row.CreatedSince },
    { heading: "SIZE", cell: (row) => row.Size },
  ];
}
