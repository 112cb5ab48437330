import type { ContainerStats, DiskUse, UseDetails } from "../rpc/gen/streams.ts";
import { type DockerJson, toRfc3339, unlessEmpty } from "./common.ts";

/** What identifies a container in its statistics. */
export interface StatsOf {
  readonly id: string;
  readonly name: string;
}

const NO_CPU: DockerJson = {
  cpu_usage: { total_usage: 0, usage_in_kernelmode: 0, usage_in_usermode: 0 },
  throttling_data: { periods: 0, throttled_periods: 0, throttled_time: 0 },
};
const DISK_KEYS = [
  ...["io_service_bytes_recursive", "io_serviced_recursive", "io_queue_recursive", "io_service_time_recursive"],
  ...["io_wait_time_recursive", "io_merged_recursive", "io_time_recursive", "sectors_recursive"],
];
const disksOf = (value: unknown): DockerJson => Object.fromEntries(DISK_KEYS.map((key) => [key, value]));

/**
 * An answer of GET /containers/{id}/stats. `before`: the look before this one, from which clients compute a rate; null
 * = there was none. `now` null = it does not run.
 */
export function toDockerStats(
  { id, name }: StatsOf,
  now: ContainerStats | null,
  before: ContainerStats | null,
): DockerJson {
  const details = now?.details ?? null;
  const earlier = before?.details ?? null;
  const head = { name: `/${name}`, id };
  if (now === null || details === null) return { ...head, ...NOTHING };
  return {
    ...head,
    read: toRfc3339(details.readAtMs),
    preread: toRfc3339(earlier?.readAtMs ?? 0),
    pids_stats: { current: now.pids, ...unlessEmpty("limit", details.pidsMax) },
    blkio_stats: {
      ...disksOf([]),
      io_service_bytes_recursive: details.disks.map((disk) => toDisk(disk, disk.bytes)),
      io_serviced_recursive: details.disks.map((disk) => toDisk(disk, disk.requests)),
    },
    num_procs: 0,
    storage_stats: {},
    cpu_stats: toCpu(now.cpuNs, details),
    precpu_stats: before === null || earlier === null ? NO_CPU : toCpu(before.cpuNs, earlier),
    memory_stats: {
      usage: details.memoryBytes,
      ...unlessEmpty("max_usage", details.memoryBytesMax),
      stats: details.memory,
      limit: now.memoryLimitBytes || details.hostMemoryBytes,
    },
    ...unlessEmpty("networks", toLinks(details)),
  };
}

const NOTHING: DockerJson = {
  read: toRfc3339(0),
  preread: toRfc3339(0),
  pids_stats: {},
  blkio_stats: disksOf(null),
  num_procs: 0,
  storage_stats: {},
  cpu_stats: NO_CPU,
  precpu_stats: NO_CPU,
  memory_stats: {},
};

function toCpu(totalNs: number, details: UseDetails): DockerJson {
  return {
    cpu_usage: {
      total_usage: totalNs,
      ...unlessEmpty("percpu_usage", details.cpuEachNs),
      usage_in_kernelmode: details.cpuKernelNs,
      usage_in_usermode: details.cpuUserNs,
    },
    system_cpu_usage: details.hostCpuNs,
    online_cpus: details.hostCpus,
    throttling_data: {
      periods: details.periods,
      throttled_periods: details.throttledPeriods,
      throttled_time: details.throttledNs,
    },
  };
}

function toDisk({ major, minor, operation }: DiskUse, value: number): DockerJson {
  return { major, minor, op: operation, value };
}

function toLinks({ links }: UseDetails): DockerJson {
  return Object.fromEntries(
    links.map((link) => [
      link.name,
      {
        rx_bytes: link.receivedBytes,
        rx_packets: link.receivedPackets,
        rx_errors: link.receivedErrors,
        rx_dropped: link.receivedDropped,
        tx_bytes: link.sentBytes,
        tx_packets: link.sentPackets,
        tx_errors: link.sentErrors,
        tx_dropped: link.sentDropped,
      },
    ]),
  );
}
