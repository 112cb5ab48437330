import type { ContentKind } from "../../shared/objects/file-reference.ts";
import { ago } from "../format/age.ts";
import type { Column } from "../format/table.ts";
import type { Content } from "./calls.ts";

/** A line of `secret ls` or `config ls`; its fields are what templates and JSON know. */
export interface ContentRow extends Readonly<Record<string, unknown>> {
  readonly CreatedAt: string;
  readonly ID: string;
  readonly Labels: string;
  readonly Name: string;
  readonly UpdatedAt: string;
}

export function contentRow(kind: ContentKind, { id, meta, spec }: Content, nowMs: number): ContentRow {
  const labels = Object.entries(spec?.annotations?.labels ?? {});
  return {
    CreatedAt: ago(meta?.createdAtMs ?? 0, nowMs),
    // In Docker, the external driver that keeps a secret; here the managers always keep it.
    ...(kind === "secret" ? { Driver: "" } : {}),
    ID: id,
    Labels: labels.map(([key, value]) => `${key}=${value}`).join(","),
    Name: spec?.annotations?.name ?? "",
    UpdatedAt: ago(meta?.updatedAtMs ?? 0, nowMs),
  };
}

const ID_AND_NAME: readonly Column<ContentRow>[] = [
  { heading: "ID", cell: (row) => row.ID },
  { heading: "NAME", cell: (row) => row.Name },
];
const INSTANTS: readonly Column<ContentRow>[] = [
  { heading: "CREATED", cell: (row) => row.CreatedAt },
  { heading: "UPDATED", cell: (row) => row.UpdatedAt },
];

export const CONTENT_COLUMNS: { readonly [Kind in ContentKind]: readonly Column<ContentRow>[] } = {
  secret: [...ID_AND_NAME, { heading: "DRIVER", cell: () => "" }, ...INSTANTS],
  config: [...ID_AND_NAME, ...INSTANTS],
};
