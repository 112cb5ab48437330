/** Memory and processor time of processes, as the kernel counts them. */
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

const KILOBYTES = 1024;
/** USER_HZ, which is 100 wherever Linux runs. */
const TICKS_PER_S = 100;
const PERCENT = 100;

/** Megabytes that would be free without them: what they share is counted in parts. */
export function megabytesOf(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + field(`/proc/${pid}/smaps_rollup`, /^Pss:\s+(\d+) kB$/m), 0) / KILOBYTES;
}

/** Resident memory of one, as `ps` shows it. */
export function residentMegabytes(pid: number): number {
  return field(`/proc/${pid}/status`, /^VmRSS:\s+(\d+) kB$/m) / KILOBYTES;
}

/** Percent of one core over the time. */
export async function percentOfCore(groups: readonly (readonly number[])[], ms: number): Promise<readonly number[]> {
  const before = groups.map(ticksOf);
  const startedMs = performance.now();
  await sleep(ms);
  const seconds = (performance.now() - startedMs) / 1_000;
  return groups.map((pids, at) => (PERCENT * (ticksOf(pids) - (before[at] ?? 0))) / TICKS_PER_S / seconds);
}

function ticksOf(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => {
    // Behind the name, which may hold anything.
    const fields = read(`/proc/${pid}/stat`).split(") ").at(-1)?.split(" ") ?? [];
    return sum + Number(fields[11] ?? 0) + Number(fields[12] ?? 0);
  }, 0);
}

function field(path: string, pattern: RegExp): number {
  return Number(pattern.exec(read(path))?.[1] ?? 0);
}

/** "" = it has ended. */
function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
