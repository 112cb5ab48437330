import type { DiskUse, LinkUse, UseDetails } from "../../../shared/rpc/gen/streams.ts";
import { keyed, limit, type ReadFile, ROOT, whole } from "./usage.ts";

/** Of /proc/stat, and of cpuacct.stat: a hundredth of a second. */
const NANOS_PER_TICK = 10_000_000;
const NANOS_PER_MICRO = 1_000;
const BYTES_PER_KB = 1_024;
/** Fields of the first line of /proc/stat that count, as Docker has it: user to softirq. */
const CPU_FIELDS = 7;

type OfGroup = Omit<UseDetails, "readAtMs" | "hostCpuNs" | "hostCpus" | "hostMemoryBytes" | "links">;

/**
 * What one control group and its links use, part by part. `group`: its path in all hierarchies; `pid`: of its first
 * process.
 */
export async function readDetails(group: string, pid: number, read: ReadFile): Promise<Omit<UseDetails, "readAtMs">> {
  const isUnified = (await read(`${ROOT}/cgroup.controllers`)) !== null;
  const [own, cpus, memory, links] = await Promise.all([
    isUnified ? readUnified(`${ROOT}${group}`, read) : readSeparate(group, read),
    read("/proc/stat"),
    read("/proc/meminfo"),
    read(`/proc/${pid}/net/dev`),
  ]);
  return {
    ...own,
    ...hostCpus(cpus ?? ""),
    hostMemoryBytes: Number(/^MemTotal:\s+(\d+) kB$/m.exec(memory ?? "")?.[1] ?? 0) * BYTES_PER_KB,
    links: linksIn(links ?? ""),
  };
}

async function readUnified(directory: string, read: ReadFile): Promise<OfGroup> {
  const names = ["cpu.stat", "memory.current", "memory.peak", "memory.stat", "pids.max", "io.stat"];
  const [cpu, current, peak, stat, pids, io] = await Promise.all(names.map((name) => read(`${directory}/${name}`)));
  return {
    cpuUserNs: keyed(cpu, "user_usec") * NANOS_PER_MICRO,
    cpuKernelNs: keyed(cpu, "system_usec") * NANOS_PER_MICRO,
    cpuEachNs: [],
    periods: keyed(cpu, "nr_periods"),
    throttledPeriods: keyed(cpu, "nr_throttled"),
    throttledNs: keyed(cpu, "throttled_usec") * NANOS_PER_MICRO,
    memoryBytes: whole(current),
    memoryBytesMax: whole(peak),
    memory: table(stat),
    pidsMax: limit(pids),
    disks: unifiedDisks(io ?? ""),
  };
}

async function readSeparate(group: string, read: ReadFile): Promise<OfGroup> {
  const names = ["cpuacct/cpuacct.stat", "cpuacct/cpuacct.usage_percpu", "cpu/cpu.stat"];
  names.push("memory/memory.usage_in_bytes", "memory/memory.max_usage_in_bytes", "memory/memory.stat", "pids/pids.max");
  names.push("blkio/blkio.throttle.io_service_bytes_recursive", "blkio/blkio.throttle.io_serviced_recursive");
  const [spent, each, cpu, current, peak, stat, pids, bytes, requests] = await Promise.all(
    names.map((name) => read(`${ROOT}/${name.replace("/", `${group}/`)}`)),
  );
  return {
    cpuUserNs: keyed(spent, "user") * NANOS_PER_TICK,
    cpuKernelNs: keyed(spent, "system") * NANOS_PER_TICK,
    cpuEachNs: (each ?? "").split(/\s+/).filter(Boolean).map(Number),
    periods: keyed(cpu, "nr_periods"),
    throttledPeriods: keyed(cpu, "nr_throttled"),
    throttledNs: keyed(cpu, "throttled_time"),
    memoryBytes: whole(current),
    memoryBytesMax: whole(peak),
    memory: table(stat),
    pidsMax: limit(pids),
    disks: separateDisks(bytes ?? "", requests ?? ""),
  };
}

function hostCpus(text: string): Pick<UseDetails, "hostCpuNs" | "hostCpus"> {
  const fields = (/^cpu\s+(.*)$/m.exec(text)?.[1] ?? "").split(/\s+/).slice(0, CPU_FIELDS);
  return {
    hostCpuNs: fields.reduce((sum, field) => sum + Number(field), 0) * NANOS_PER_TICK,
    hostCpus: [...text.matchAll(/^cpu\d+ /gm)].length,
  };
}

function table(text: string | null | undefined): Readonly<Record<string, number>> {
  return Object.fromEntries(
    [...(text ?? "").matchAll(/^(\w+) (\d+)$/gm)].map(([, key = "", value]) => [
      key,
      Math.min(Number(value), Number.MAX_SAFE_INTEGER),
    ]),
  );
}

/** `8:0 rbytes=1 wbytes=2 rios=3 wios=4 ...`. */
function unifiedDisks(text: string): readonly DiskUse[] {
  return [...text.matchAll(/^(\d+):(\d+) (.*)$/gm)].flatMap(([, major, minor, rest = ""]) => {
    const value = (key: string): number => Number(new RegExp(`\\b${key}=(\\d+)`).exec(rest)?.[1] ?? 0);
    const disk = { major: Number(major), minor: Number(minor) };
    return [
      { ...disk, operation: "read", bytes: value("rbytes"), requests: value("rios") },
      { ...disk, operation: "write", bytes: value("wbytes"), requests: value("wios") },
    ];
  });
}

/** Of two files with lines `8:0 Read 1`. */
function separateDisks(bytes: string, requests: string): readonly DiskUse[] {
  const counts = new Map(
    [...requests.matchAll(/^(\d+:\d+ \w+) (\d+)$/gm)].map(([, key = "", count]) => [key, Number(count)]),
  );
  return [...bytes.matchAll(/^((\d+):(\d+) (Read|Write)) (\d+)$/gm)].map(([, key = "", major, minor, word, sum]) => ({
    major: Number(major),
    minor: Number(minor),
    operation: (word ?? "").toLowerCase(),
    bytes: Number(sum),
    requests: counts.get(key) ?? 0,
  }));
}

function linksIn(text: string): readonly LinkUse[] {
  return [...text.matchAll(/^\s*([^:\s]+):(.*)$/gm)].flatMap(([, name = "", rest = ""]) => {
    const [bytes = 0, packets = 0, errors = 0, dropped = 0, ...more] = rest.trim().split(/\s+/).map(Number);
    const [sentBytes = 0, sentPackets = 0, sentErrors = 0, sentDropped = 0] = more.slice(4);
    const received = {
      receivedBytes: bytes,
      receivedPackets: packets,
      receivedErrors: errors,
      receivedDropped: dropped,
    };
    return name === "lo" ? [] : [{ name, ...received, sentBytes, sentPackets, sentErrors, sentDropped }];
  });
}
