import type { ContainerSummary } from "../../shared/rpc/gen/containers.ts";
import type { ListImagesResponse } from "../../shared/rpc/gen/images.ts";
import type { Volume } from "../../shared/rpc/gen/volumes.ts";
import { decimalSize } from "../format/size.ts";
import type { Column } from "../format/table.ts";

/** What a host's engine has. */
export interface HostHas {
  readonly images: ListImagesResponse;
  readonly containers: readonly ContainerSummary[];
  readonly volumes: readonly Volume[];
}

/** A line of `system df`, by Docker's field names, and the node. */
export interface UseRow extends Readonly<Record<string, unknown>> {
  readonly Node: string;
  readonly Type: string;
  readonly TotalCount: string;
  readonly Active: string;
  readonly Size: string;
  readonly Reclaimable: string;
}

/** One kind of thing on a disk, in bytes. */
interface Use {
  readonly type: string;
  readonly total: number;
  readonly active: number;
  readonly bytes: number;
  readonly reclaimable: number;
}

export function useRows(node: string, has: HostHas): readonly UseRow[] {
  return [imageUse(has.images), containerUse(has.containers), volumeUse(has.volumes)].map((use) => ({
    Node: node,
    Type: use.type,
    TotalCount: String(use.total),
    Active: String(use.active),
    Size: decimalSize(use.bytes),
    Reclaimable: withShare(use),
  }));
}

/** What no image in use holds. Images in use are taken to share the same base, which is right for most hosts. */
function imageUse({ images, layersBytes }: ListImagesResponse): Use {
  const shown = images.filter(({ isIntermediate }) => !isIntermediate);
  const used = shown.filter(({ containers, isNeeded }) => containers > 0 || isNeeded);
  const own = used.reduce((sum, { sizeBytes, sharedBytes }) => sum + sizeBytes - sharedBytes, 0);
  const shared = Math.max(0, ...used.map(({ sharedBytes }) => sharedBytes));
  const reclaimable = Math.max(0, layersBytes - own - shared);
  return { type: "Images", total: shown.length, active: used.length, bytes: layersBytes, reclaimable };
}

function containerUse(containers: readonly ContainerSummary[]): Use {
  const isActive = ({ state }: ContainerSummary): boolean => state !== "CREATED" && state !== "EXITED";
  const bytesOf = (some: readonly ContainerSummary[]): number =>
    some.reduce((sum, { ownBytes }) => sum + Math.max(0, ownBytes), 0);
  return {
    type: "Containers",
    total: containers.length,
    active: containers.filter(isActive).length,
    bytes: bytesOf(containers),
    reclaimable: bytesOf(containers.filter((each) => !isActive(each))),
  };
}

function volumeUse(volumes: readonly Volume[]): Use {
  const isUsed = ({ usedBy }: Volume): boolean => usedBy.length > 0;
  const bytesOf = (some: readonly Volume[]): number =>
    some.reduce((sum, { sizeBytes }) => sum + Math.max(0, sizeBytes), 0);
  return {
    type: "Local Volumes",
    total: volumes.length,
    active: volumes.filter(isUsed).length,
    bytes: bytesOf(volumes),
    reclaimable: bytesOf(volumes.filter((each) => !isUsed(each))),
  };
}

function withShare({ bytes, reclaimable }: Use): string {
  const share = bytes === 0 ? "" : ` (${Math.round((100 * reclaimable) / bytes)}%)`;
  return `${decimalSize(reclaimable)}${share}`;
}

export const USE_COLUMNS: readonly Column<UseRow>[] = [
  { heading: "TYPE", cell: (row) => row.Type },
  { heading: "TOTAL", cell: (row) => row.TotalCount },
  { heading: "ACTIVE", cell: (row) => row.Active },
  { heading: "SIZE", cell: (row) => row.Size },
  { heading: "RECLAIMABLE", cell: (row) => row.Reclaimable },
];

export const NODE_COLUMN: Column<UseRow> = { heading: "NODE", cell: (row) => row.Node };
