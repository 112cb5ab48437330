import type { ResourceControls, Resources } from "../../shared/rpc/gen/objects.ts";
import type { HostCapacity } from "./host-capacity.ts";
import type { NumberedRate } from "./host-devices.ts";
import type { OciDeviceRule } from "./oci-devices.ts";

/** What the container may use. Limits: null or 0 = none. */
export interface ContainerResources {
  readonly limits: Resources | null;
  readonly reservations: Resources | null;
  /** On top of the memory limit; -1 = unlimited, absent = as much as the limit. */
  readonly swapBytes?: number;
  /** Absent or negative = the host's setting. */
  readonly memorySwappiness?: number;
  /** Finer settings; null = none. */
  readonly controls: ResourceControls | null;
  /** Those of them that are about disks, by the disks' numbers. */
  readonly disks: DiskControls;
  readonly devices: readonly OciDeviceRule[];
  /** What the host supports of it. */
  readonly host: Pick<HostCapacity, "canLimitSwap" | "canSetSwappiness">;
}

/** Numbers for disks, each list as in ResourceControls. */
export interface DiskControls {
  readonly weights: readonly NumberedRate[];
  readonly readBps: readonly NumberedRate[];
  readonly writeBps: readonly NumberedRate[];
  readonly readIops: readonly NumberedRate[];
  readonly writeIops: readonly NumberedRate[];
}

export const NO_DISKS: DiskControls = { weights: [], readBps: [], writeBps: [], readIops: [], writeIops: [] };

const CPU_PERIOD_US = 100_000;
/** The kernel refuses anything smaller. */
const CPU_QUOTA_US_MIN = 1_000;
const NANO_CPUS_PER_CPU = 1e9;

/** cgroup settings in v1 words; runtimes translate them for v2. */
export function ociResources(resources: ContainerResources): Record<string, unknown> {
  const { limits, controls } = resources;
  const hugepageLimits = (controls?.hugepages ?? []).map(({ pageSize, limitBytes }) => ({
    ...{ pageSize, limit: limitBytes },
  }));
  return {
    devices: resources.devices,
    ...unlessNone("memory", memory(resources)),
    ...unlessNone("cpu", cpu(resources)),
    ...(positive(limits?.pids) ? { pids: { limit: limits?.pids } } : {}),
    ...unlessNone("blockIO", blockIo(controls, resources.disks)),
    ...(hugepageLimits.length > 0 ? { hugepageLimits } : {}),
  };
}

function memory(resources: ContainerResources): Record<string, unknown> {
  const { limits, reservations, memorySwappiness = -1, controls, host } = resources;
  return {
    ...(positive(limits?.memoryBytes) ? { limit: limits?.memoryBytes, ...swapLimit(resources) } : {}),
    ...(memorySwappiness >= 0 && host.canSetSwappiness ? { swappiness: memorySwappiness } : {}),
    ...(positive(reservations?.memoryBytes) ? { reservation: reservations?.memoryBytes } : {}),
    ...(controls?.oomKillDisable ? { disableOOMKiller: true } : {}),
  };
}

function cpu({ limits, controls }: ContainerResources): Record<string, unknown> {
  const quota = Math.round(((limits?.nanoCpus ?? 0) / NANO_CPUS_PER_CPU) * CPU_PERIOD_US);
  return {
    ...(quota > 0 ? { quota: Math.max(quota, CPU_QUOTA_US_MIN), period: CPU_PERIOD_US } : {}),
    ...present({
      shares: controls?.cpuShares,
      quota: controls?.cpuQuotaUs,
      period: controls?.cpuPeriodUs,
      realtimeRuntime: controls?.cpuRtRuntimeUs,
      realtimePeriod: controls?.cpuRtPeriodUs,
      cpus: controls?.cpusetCpus,
      mems: controls?.cpusetMems,
    }),
  };
}

function blockIo(controls: ResourceControls | null, disks: DiskControls): Record<string, unknown> {
  const weights = disks.weights.map(({ major, minor, rate }) => ({ major, minor, weight: rate }));
  return {
    ...present({ weight: controls?.blkioWeight }),
    ...(weights.length > 0 ? { weightDevice: weights } : {}),
    ...rates("throttleReadBpsDevice", disks.readBps),
    ...rates("throttleWriteBpsDevice", disks.writeBps),
    ...rates("throttleReadIOPSDevice", disks.readIops),
    ...rates("throttleWriteIOPSDevice", disks.writeIops),
  };
}

function rates(key: string, list: readonly NumberedRate[]): Record<string, unknown> {
  return list.length > 0 ? { [key]: list } : {};
}

/** Only the values that were set. */
function present(values: Readonly<Record<string, number | string | undefined>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(values).filter(([, value]) => value !== undefined && value !== 0 && value !== ""),
  );
}

function unlessNone(key: string, part: Record<string, unknown>): Record<string, unknown> {
  return Object.keys(part).length > 0 ? { [key]: part } : {};
}

/** The runtime wants memory and swap together. As in Docker, only memory is limited if the kernel cannot limit swap. */
function swapLimit({ limits, swapBytes, host }: ContainerResources): { readonly swap?: number } {
  if (!host.canLimitSwap) return {};
  const memoryBytes = limits?.memoryBytes ?? 0;
  if (swapBytes === -1) return { swap: -1 };
  return { swap: memoryBytes + (swapBytes ?? memoryBytes) };
}

function positive(amount: number | undefined): boolean {
  return amount !== undefined && amount > 0;
}
