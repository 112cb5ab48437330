import { existsSync } from "node:fs";
import { readdir, readFile, rmdir } from "node:fs/promises";
import type { CgroupTree } from "./cgroup-tree.ts";

const ROOT = "/sys/fs/cgroup";

/** Groups below /sys/fs/cgroup: one hierarchy (version 2) is mounted there itself, several are directories in it. */
export const systemCgroupTree: CgroupTree = {
  async namesIn(group) {
    const lists = await Promise.all((await hierarchies()).map((root) => groupsIn(`${root}${group}`)));
    return [...new Set(lists.flat())].sort();
  },
  async processesIn(group) {
    const lists = await Promise.all((await placesOf(group)).map(processesBelow));
    return [...new Set(lists.flat())];
  },
  async remove(group) {
    const gone = await Promise.all((await placesOf(group)).map(removeBelow));
    return gone.every((isGone) => isGone);
  },
};

async function hierarchies(): Promise<readonly string[]> {
  return [ROOT, ...(await groupsIn(ROOT)).map((name) => `${ROOT}/${name}`)];
}

/**
 * Directories of a group, one in each hierarchy that has it. Looked for by this thread: a host has a dozen hierarchies,
 * a container that is about to be made has a group in none, and the kernel answers from memory.
 */
async function placesOf(group: string): Promise<readonly string[]> {
  return (await hierarchies()).map((root) => `${root}${group}`).filter((place) => existsSync(place));
}

async function groupsIn(directory: string): Promise<readonly string[]> {
  const entries = await orNothing(readdir(directory, { withFileTypes: true }), []);
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
}

async function processesBelow(directory: string): Promise<readonly number[]> {
  const text = await orNothing(readFile(`${directory}/cgroup.procs`, "utf8"), "");
  const own = text.split("\n").filter((line) => line !== "");
  const below = await Promise.all((await groupsIn(directory)).map((name) => processesBelow(`${directory}/${name}`)));
  return [...own.map(Number), ...below.flat()];
}

async function removeBelow(directory: string): Promise<boolean> {
  for (const name of await groupsIn(directory)) await removeBelow(`${directory}/${name}`);
  try {
    await rmdir(directory);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return true;
    if (code === "EBUSY" || code === "ENOTEMPTY") return false;
    throw error;
  }
}

/** A group may go while it is looked at. ENODEV: its files say so once it is gone; EOPNOTSUPP: it holds threads. */
async function orNothing<T>(result: Promise<T>, nothing: T): Promise<T> {
  try {
    return await result;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (["ENOENT", "ENOTDIR", "ENODEV", "EOPNOTSUPP"].includes(code ?? "")) return nothing;
    throw error;
  }
}
