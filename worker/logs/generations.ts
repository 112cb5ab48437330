import type { LogLimits } from "../../shared/objects/log-driver.ts";
import type { HostFiles } from "../ports/host-files.ts";

/** An older part of a log, or a second name of the part that is being written. */
export interface Generation {
  /** Counts up from 1 over the container's life. */
  readonly number: number;
  readonly path: string;
}

/** The generations of the log at `path`, the oldest first. */
export async function listGenerations(path: string, files: HostFiles): Promise<readonly Generation[]> {
  const cut = path.lastIndexOf("/");
  const prefix = `${path.slice(cut + 1)}.`;
  return (await files.list(path.slice(0, cut)))
    .filter((name) => name.startsWith(prefix) && /^[1-9]\d{0,14}$/.test(name.slice(prefix.length)))
    .map((name) => generation(path, Number(name.slice(prefix.length))))
    .sort((a, b) => a.number - b.number);
}

export function generation(path: string, number: number): Generation {
  return { number, path: `${path}.${number}` };
}

/**
 * How many of the generations, newest first and including the one being written, are kept: as many as allowed, as long
 * as all of them together stay within the limit. The one before the newest is always kept, so that the reason for a
 * fault is still there right after a new generation has begun.
 */
export function keptCount(sizes: readonly number[], { bytesMax, filesMax }: LogLimits): number {
  let bytes = 0;
  for (const [index, size] of sizes.entries()) {
    bytes += size;
    if (index >= filesMax || (index >= 2 && bytes > bytesMax * filesMax)) return index;
  }
  return sizes.length;
}
