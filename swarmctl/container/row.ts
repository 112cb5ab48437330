import { statusText } from "../../shared/docker-shape/container-status.ts";
import { humanDuration } from "../../shared/docker-shape/human-duration.ts";
import { humanBytes } from "../../shared/human-bytes.ts";
import type { ContainerSummary } from "../../shared/rpc/gen/containers.ts";
import type { PortConfig } from "../../shared/rpc/gen/objects.ts";
import { type Column, ellipsis } from "../format/table.ts";
import { shortId } from "../names.ts";
import { withoutDigest } from "../task/row.ts";

/** A line of `ps`; its fields are what templates and JSON know, under Docker's names. */
export interface ContainerRow extends Readonly<Record<string, unknown>> {
  readonly Command: string;
  readonly CreatedAt: string;
  readonly ID: string;
  readonly Image: string;
  readonly Labels: string;
  readonly LocalVolumes: string;
  readonly Mounts: string;
  readonly Names: string;
  readonly Networks: string;
  readonly Ports: string;
  readonly RunningFor: string;
  /** Of its changed files; "" = not asked for. */
  readonly Size: string;
  readonly State: string;
  readonly Status: string;
}

const COMMAND_LENGTH_MAX = 20;
/** As in docker ps: of a source or a volume, in characters. */
const MOUNT_LENGTH_MAX = 15;

export const CONTAINER_COLUMNS: readonly Column<ContainerRow>[] = [
  { heading: "CONTAINER ID", cell: (row) => row.ID },
  { heading: "IMAGE", cell: (row) => row.Image },
  { heading: "COMMAND", cell: (row) => row.Command },
  { heading: "CREATED", cell: (row) => row.RunningFor },
  { heading: "STATUS", cell: (row) => row.Status },
  { heading: "PORTS", cell: (row) => row.Ports },
  { heading: "NAMES", cell: (row) => row.Names },
];

/** Of `ps --size`. */
export const SIZE_COLUMN: Column<ContainerRow> = { heading: "SIZE", cell: (row) => row.Size };

export function containerRow(
  container: ContainerSummary,
  { nowMs, wide }: { readonly nowMs: number; readonly wide: boolean },
): ContainerRow {
  const command = container.command.join(" ");
  const volumes = container.mounts.filter(({ type }) => type === "VOLUME");
  return {
    Command: JSON.stringify(wide ? command : ellipsis(command, COMMAND_LENGTH_MAX)),
    CreatedAt: new Date(container.createdAtMs).toISOString(),
    ID: wide ? container.id : shortId(container.id),
    Image: wide ? container.image : withoutDigest(container.image),
    Labels: Object.entries(container.labels)
      .map(([key, value]) => `${key}=${value}`)
      .sort()
      .join(","),
    LocalVolumes: String(volumes.length),
    Mounts: container.mounts.map(({ source }) => (wide ? source : ellipsis(source, MOUNT_LENGTH_MAX))).join(","),
    Names: container.name,
    Networks: container.networks.join(","),
    Ports: portsText(container),
    RunningFor: `${humanDuration(Math.max(0, nowMs - container.createdAtMs))} ago`,
    Size: container.ownBytes < 0 ? "" : humanBytes(container.ownBytes),
    State: container.state.toLowerCase(),
    Status: statusText(container, nowMs),
  };
}

/** `0.0.0.0:8080->80/tcp, 443/tcp`. */
function portsText({ ports, exposedPorts }: ContainerSummary): string {
  return [...ports.map(portText), ...exposedPorts].join(", ");
}

function portText({ hostIp, publishedPort, targetPort, protocol }: PortConfig): string {
  return `${hostIp === "" ? "0.0.0.0" : hostIp}:${publishedPort}->${targetPort}/${protocol.toLowerCase()}`;
}
