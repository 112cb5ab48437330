import { readdir, readlink } from "node:fs/promises";
import { basename } from "node:path";
import type { SocketOwner } from "./network-files.ts";

/**
 * Which processes have the sockets, by their open files. Slow on a host of many processes, so it ends as soon as all
 * are found, and goes one process after another, to leave the threads that read files to others.
 */
export async function findSocketOwners(inodes: ReadonlySet<number>): Promise<ReadonlyMap<number, SocketOwner>> {
  const owners = new Map<number, SocketOwner>();
  // Those that were started last own what is new.
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name)).sort((a, b) => Number(b) - Number(a));
  for (const pid of [String(process.pid), ...pids]) {
    if (owners.size === inodes.size) break;
    const found = (await socketsOf(pid)).filter((inode) => inodes.has(inode) && !owners.has(inode));
    if (found.length === 0) continue;
    const program = await programOf(pid);
    for (const inode of found) owners.set(inode, { program, isSelf: pid === String(process.pid) });
  }
  return owners;
}

/** The name of its file; a process may call itself anything, and some call themselves MainThread. */
async function programOf(pid: string): Promise<string> {
  const file = await readlink(`/proc/${pid}/exe`).catch(() => "");
  return basename(file.replace(/ \(deleted\)$/, ""));
}

/** None where the process has ended, or may not be looked at. */
async function socketsOf(pid: string): Promise<readonly number[]> {
  const files = await readdir(`/proc/${pid}/fd`).catch(() => []);
  const targets = await Promise.all(files.map((file) => readlink(`/proc/${pid}/fd/${file}`).catch(() => "")));
  return targets.flatMap((target) => {
    const inode = /^socket:\[(\d+)\]$/.exec(target)?.[1];
    return inode === undefined ? [] : [Number(inode)];
  });
}
