import { unreachable } from "../../shared/invariant.ts";
import type { ServiceWithStatus } from "../../shared/rpc/gen/control.ts";
import type { PortConfig } from "../../shared/rpc/gen/objects.ts";
import { modeText } from "../../shared/service-spec/modes.ts";
import type { Column } from "../format/table.ts";
import { shortId } from "../names.ts";
import { withoutDigest } from "../task/row.ts";

/** A line of `service ls`; its fields are what templates and JSON know. */
export interface ServiceRow extends Readonly<Record<string, unknown>> {
  readonly ID: string;
  readonly Image: string;
  readonly Mode: string;
  readonly Name: string;
  readonly Ports: string;
  readonly Replicas: string;
}

export function serviceRow(counted: ServiceWithStatus): ServiceRow {
  const { service } = counted;
  const spec = service?.spec ?? null;
  const maxPerNode = spec?.task?.placement?.maxReplicas ?? 0;
  return {
    ID: shortId(service?.id ?? ""),
    Image: withoutDigest(spec?.task?.container?.image ?? ""),
    Mode: spec?.mode === undefined ? "unknown" : modeText(spec.mode),
    Name: spec?.annotations?.name ?? "",
    Ports: portsText(service?.endpoint?.ports ?? []),
    Replicas: `${replicasText(counted)}${maxPerNode > 0 ? ` (max ${maxPerNode} per node)` : ""}`,
  };
}

/** "3/3"; of a job also what is done: "1/2 (3/5 completed)". */
function replicasText({ service, runningTasks, desiredTasks, completedTasks }: ServiceWithStatus): string {
  const { spec = null } = service ?? {};
  const running = `${runningTasks}/${desiredTasks}${canaryText(service)}`;
  switch (spec?.mode) {
    case "replicatedJob":
      return `${running} (${completedTasks}/${spec.replicatedJob.totalCompletions} completed${nextText(service)})`;
    case "globalJob":
      return `${running} (${completedTasks}/${desiredTasks + completedTasks} completed${nextText(service)})`;
    case "replicated":
    case "global":
    case undefined:
      return running;
    default:
      return unreachable(spec);
  }
}

/** " (canary 2)": so many slots try a spec; " (canary)": all do. */
function canaryText(service: ServiceWithStatus["service"]): string {
  const { canary = null } = service ?? {};
  if (canary === null) return "";
  return canary.all ? " (canary)" : ` (canary ${canary.slots.length + canary.nodeIds.length})`;
}

/** ", next 2026-12-01T03:00Z" of a job with a schedule. */
function nextText(service: ServiceWithStatus["service"]): string {
  const nextMs = service?.jobStatus?.nextRunMs ?? 0;
  return nextMs === 0 ? "" : `, next ${new Date(nextMs).toISOString().replace(/:\d\d\.\d+Z$/, "Z")}`;
}

export const SERVICE_COLUMNS: readonly Column<ServiceRow>[] = [
  { heading: "ID", cell: (row) => row.ID },
  { heading: "NAME", cell: (row) => row.Name },
  { heading: "MODE", cell: (row) => row.Mode },
  { heading: "REPLICAS", cell: (row) => row.Replicas },
  { heading: "IMAGE", cell: (row) => row.Image },
  { heading: "PORTS", cell: (row) => row.Ports },
];

/** Ports of the routing mesh; consecutive ports become ranges: `*:80-81->80-81/tcp`. */
export function portsText(ports: readonly PortConfig[]): string {
  const sorted = ports
    .filter(({ publishMode, publishedPort }) => publishMode === "INGRESS" && publishedPort > 0)
    .sort(
      (a, b) =>
        a.protocol.localeCompare(b.protocol) || a.hostIp.localeCompare(b.hostIp) || a.publishedPort - b.publishedPort,
    );
  const ranges: { first: PortConfig; length: number }[] = [];
  for (const port of sorted) {
    const last = ranges.at(-1);
    const continues =
      last !== undefined &&
      last.first.protocol === port.protocol &&
      last.first.hostIp === port.hostIp &&
      port.publishedPort === last.first.publishedPort + last.length &&
      port.targetPort === last.first.targetPort + last.length;
    if (continues) last.length++;
    else ranges.push({ first: port, length: 1 });
  }
  return ranges
    .map(({ first, length }) => {
      const span = (from: number): string => (length === 1 ? String(from) : `${from}-${from + length - 1}`);
      return `${first.hostIp || "*"}:${span(first.publishedPort)}->${span(first.targetPort)}/${first.protocol.toLowerCase()}`;
    })
    .join(", ");
}
