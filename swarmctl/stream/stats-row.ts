import { humanBytes } from "../../shared/human-bytes.ts";
import type { ContainerStats } from "../../shared/rpc/gen/streams.ts";
import type { Column } from "../format/table.ts";

/** A line of `stats`; its fields are what templates and JSON know. */
export interface StatsRow extends Readonly<Record<string, unknown>> {
  readonly BlockIO: string;
  readonly CPUPerc: string;
  readonly Container: string;
  readonly ID: string;
  readonly MemPerc: string;
  readonly MemUsage: string;
  readonly Name: string;
  readonly NetIO: string;
  readonly Node: string;
  readonly PIDs: string;
}

export const STATS_COLUMNS: readonly Column<StatsRow>[] = [
  { heading: "CONTAINER ID", cell: (row) => row.ID },
  { heading: "NAME", cell: (row) => row.Name },
  { heading: "NODE", cell: (row) => row.Node },
  { heading: "CPU %", cell: (row) => row.CPUPerc },
  { heading: "MEM USAGE / LIMIT", cell: (row) => row.MemUsage },
  { heading: "MEM %", cell: (row) => row.MemPerc },
  { heading: "NET I/O", cell: (row) => row.NetIO },
  { heading: "BLOCK I/O", cell: (row) => row.BlockIO },
  { heading: "PIDS", cell: (row) => row.PIDs },
];

const NANOS_PER_MS = 1_000_000;
const UNKNOWN = "--";

/** What a container uses now, and of processors since it was looked at before; null = for the first time. */
export function statsRow(
  now: ContainerStats,
  before: ContainerStats | null,
  { node, idOf }: { readonly node: string; readonly idOf: (id: string) => string },
): StatsRow {
  const { memoryBytes, memoryLimitBytes } = now;
  const limit = memoryLimitBytes === 0 ? UNKNOWN : humanBytes(memoryLimitBytes);
  return {
    BlockIO: `${humanBytes(now.readBytes)} / ${humanBytes(now.writtenBytes)}`,
    CPUPerc: cpu(now, before),
    Container: idOf(now.id),
    ID: idOf(now.id),
    MemPerc: memoryLimitBytes === 0 ? UNKNOWN : percent(memoryBytes / memoryLimitBytes),
    MemUsage: `${humanBytes(memoryBytes)} / ${limit}`,
    Name: now.name,
    NetIO: `${humanBytes(now.receivedBytes)} / ${humanBytes(now.sentBytes)}`,
    Node: node,
    PIDs: String(now.pids),
  };
}

/** Of one that does not run. */
export function restingRow(id: string, name: string, node: string): StatsRow {
  const nothing = `${humanBytes(0)} / ${humanBytes(0)}`;
  return {
    ...{ BlockIO: nothing, CPUPerc: percent(0), Container: id, ID: id, MemPerc: percent(0), MemUsage: nothing },
    ...{ Name: name, NetIO: nothing, Node: node, PIDs: "0" },
  };
}

function cpu(now: ContainerStats, before: ContainerStats | null): string {
  if (before === null || now.atMs <= before.atMs) return UNKNOWN;
  return percent(Math.max(0, now.cpuNs - before.cpuNs) / ((now.atMs - before.atMs) * NANOS_PER_MS));
}

function percent(part: number): string {
  return `${(part * 100).toFixed(2)}%`;
}
