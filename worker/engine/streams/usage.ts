/** What a control group and the links of a container say about its use of the host. */
export interface Usage {
  /** Nanoseconds of processor time since it began. */
  readonly cpuNs: number;
  readonly memoryBytes: number;
  /** 0 = none. */
  readonly memoryLimitBytes: number;
  readonly pids: number;
  readonly readBytes: number;
  readonly writtenBytes: number;
}

/** Reads a file of the kernel; null = there is none. */
export type ReadFile = (path: string) => Promise<string | null>;

/** Where the hierarchies of control groups are. */
export const ROOT = "/sys/fs/cgroup";
const NANOS_PER_MICRO = 1_000;
/** The kernel's words for "no limit" are `max`, and numbers beyond this. */
const LIMIT_BYTES_MAX = 2 ** 53;

/** Of one group, whose path is the same in all hierarchies. With hybrid hosts each controller is looked for in both. */
export async function readUsage(group: string, read: ReadFile): Promise<Usage> {
  const isUnified = (await read(`${ROOT}/cgroup.controllers`)) !== null;
  return isUnified ? await readUnified(`${ROOT}${group}`, read) : await readSeparate(group, read);
}

async function readUnified(directory: string, read: ReadFile): Promise<Usage> {
  const [cpu, current, stat, max, pids, io] = await Promise.all(
    ["cpu.stat", "memory.current", "memory.stat", "memory.max", "pids.current", "io.stat"].map((name) =>
      read(`${directory}/${name}`),
    ),
  );
  return {
    cpuNs: keyed(cpu, "usage_usec") * NANOS_PER_MICRO,
    memoryBytes: Math.max(0, whole(current) - keyed(stat, "inactive_file")),
    memoryLimitBytes: limit(max),
    pids: whole(pids),
    readBytes: sumOf(io, /rbytes=(\d+)/g),
    writtenBytes: sumOf(io, /wbytes=(\d+)/g),
  };
}

async function readSeparate(group: string, read: ReadFile): Promise<Usage> {
  const names = ["cpuacct/cpuacct.usage", "memory/memory.usage_in_bytes", "memory/memory.stat"];
  names.push("memory/memory.limit_in_bytes", "pids/pids.current", "blkio/blkio.throttle.io_service_bytes_recursive");
  const [cpu, current, stat, max, pids, io] = await Promise.all(
    names.map((name) => read(`${ROOT}/${name.replace("/", `${group}/`)}`)),
  );
  return {
    cpuNs: whole(cpu),
    memoryBytes: Math.max(0, whole(current) - keyed(stat, "total_inactive_file")),
    memoryLimitBytes: limit(max),
    pids: whole(pids),
    readBytes: sumOf(io, /^\d+:\d+ Read (\d+)$/gm),
    writtenBytes: sumOf(io, /^\d+:\d+ Write (\d+)$/gm),
  };
}

/** Bytes received and sent on all links but loopback, from a `net/dev` of /proc. */
export function readLinks(text: string): { readonly receivedBytes: number; readonly sentBytes: number } {
  let [receivedBytes, sentBytes] = [0, 0];
  for (const [, name, rest = ""] of text.matchAll(/^\s*([^:\s]+):(.*)$/gm)) {
    const fields = rest.trim().split(/\s+/).map(Number);
    if (name === "lo") continue;
    receivedBytes += fields[0] ?? 0;
    sentBytes += fields[8] ?? 0;
  }
  return { receivedBytes, sentBytes };
}

/** A file that is one number. */
export function whole(text: string | null | undefined): number {
  const number = Number((text ?? "0").trim());
  return Number.isFinite(number) ? number : 0;
}

/** A file that is a limit; 0 = none. */
export function limit(text: string | null | undefined): number {
  const bytes = whole(text);
  return bytes >= LIMIT_BYTES_MAX ? 0 : bytes;
}

/** One line of a file of keys and numbers. */
export function keyed(text: string | null | undefined, key: string): number {
  return Number(new RegExp(`^${key} (\\d+)$`, "m").exec(text ?? "")?.[1] ?? 0);
}

function sumOf(text: string | null | undefined, pattern: RegExp): number {
  return [...(text ?? "").matchAll(pattern)].reduce((sum, [, bytes]) => sum + Number(bytes), 0);
}
