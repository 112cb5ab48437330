import type { ComposeService } from "../../../shared/compose/service.ts";
import type { Reading } from "./field-row.ts";

const NANOS_PER_CPU = 1_000_000_000;

// A service may say the same of itself and in `deploy`; what the cluster is told counts.

export const toNano = (cpus: number | null | undefined): number | null =>
  cpus === null || cpus === undefined ? null : Math.round(cpus * NANOS_PER_CPU);

export const limitCpus = ({ deploy, cpus }: ComposeService): number | null => toNano(deploy?.limits?.cpus ?? cpus);

export const limitMemory = ({ deploy, memLimitBytes }: ComposeService): number | null =>
  deploy?.limits?.memoryBytes ?? memLimitBytes;

/** -1 = no limit, which is 0 on the wire. */
export const limitPids = ({ deploy, pidsLimit }: ComposeService): number | null => {
  const pids = deploy?.limits?.pids ?? pidsLimit;
  return pids === null ? null : Math.max(0, pids);
};

export const reserveMemory = ({ deploy, memReservationBytes }: ComposeService): number | null =>
  deploy?.reservations?.memoryBytes ?? memReservationBytes;

/** Compose counts memory and swap together, the wire swap alone. */
export function swapBytes({ service, notes, path }: Reading): number | null {
  const both = service.memswapLimitBytes;
  if (both === null || both === 0) return null;
  if (both === -1) return -1;
  const memory = limitMemory(service);
  const at = [...path, "memswap_limit"];
  if (memory === null || memory === 0) {
    notes.wrong(at, "memswap_limit needs a memory limit: it is memory and swap together");
    return null;
  }
  if (both < memory) {
    notes.wrong(at, `memswap_limit ${both} is less than the memory limit ${memory}: it is memory and swap together`);
    return null;
  }
  return both - memory;
}
