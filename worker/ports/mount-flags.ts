/** Words of mount(8) that the kernel takes as bits (linux/mount.h), on all machines the same. */

export const MS_RDONLY = 1;
export const MS_REMOUNT = 32;
export const MS_BIND = 4_096;
export const MS_REC = 16_384;
export const MS_PRIVATE = 1 << 18;
export const MS_SLAVE = 1 << 19;

const BITS: ReadonlyMap<string, number> = new Map([
  ["ro", MS_RDONLY],
  ["nosuid", 2],
  ["nodev", 4],
  ["noexec", 8],
  ["sync", 16],
  ["dirsync", 128],
  ["noatime", 1_024],
  ["nodiratime", 2_048],
  ["relatime", 1 << 21],
  ["strictatime", 1 << 24],
  ["lazytime", 1 << 25],
  ["bind", MS_BIND],
  ["rbind", MS_BIND | MS_REC],
]);
/** They take a bit away that is not there unless another word has given it. */
const PLAIN: ReadonlySet<string> = new Set(["defaults", "rw", "suid", "dev", "exec", "async", "atime", "diratime"]);

/** Options as mount(2) takes them: bits, and words that are the file system's own affair. */
export interface MountFlags {
  readonly flags: number;
  readonly data: string;
}

/** `words` as mount(8) takes them, without any that mean something to it alone. The last of two that differ holds. */
export function mountFlags(words: readonly string[]): MountFlags {
  let flags = 0;
  const data: string[] = [];
  for (const word of words) {
    const bit = BITS.get(word);
    if (bit !== undefined) flags |= bit;
    else if (PLAIN.has(word)) flags &= ~(BITS.get(OPPOSITES.get(word) ?? "") ?? 0);
    else data.push(word);
  }
  return { flags, data: data.join(",") };
}

const OPPOSITES: ReadonlyMap<string, string> = new Map([
  ["rw", "ro"],
  ["suid", "nosuid"],
  ["dev", "nodev"],
  ["exec", "noexec"],
  ["async", "sync"],
  ["atime", "noatime"],
  ["diratime", "nodiratime"],
]);
