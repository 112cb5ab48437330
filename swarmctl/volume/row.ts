import type { Volume } from "../../shared/rpc/gen/volumes.ts";
import type { Column } from "../format/table.ts";

/** A line of `volume ls`; its fields are what templates and JSON know, as Docker has them, and the node. */
export interface VolumeRow extends Readonly<Record<string, unknown>> {
  readonly Driver: string;
  readonly Labels: string;
  readonly Links: string;
  readonly Mountpoint: string;
  readonly Name: string;
  readonly Node: string;
  readonly Scope: string;
  readonly Size: string;
}

export function volumeRow({ name, mountpoint, labels, usedBy }: Volume, node: string): VolumeRow {
  return {
    Driver: "local",
    Labels: Object.entries(labels)
      .map(([key, value]) => `${key}=${value}`)
      .join(","),
    Links: String(usedBy.length),
    Mountpoint: mountpoint,
    Name: name,
    Node: node,
    Scope: "local",
    // As Docker, which tells sizes in `system df` alone.
    Size: "N/A",
  };
}

export const VOLUME_COLUMNS: readonly Column<VolumeRow>[] = [
  { heading: "DRIVER", cell: (row) => row.Driver },
  { heading: "VOLUME NAME", cell: (row) => row.Name },
];

export const NODE_COLUMN: Column<VolumeRow> = { heading: "NODE", cell: (row) => row.Node };
