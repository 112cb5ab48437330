/** Entering network namespaces and making them; why that is safe: docs/decisions/0014-the-daemon-speaks-netlink.md. */
import { closeSync, mkdirSync, openSync, statfsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { dirname } from "node:path";
import { waitAside } from "./kernel-waits.ts";
import { bindMount, detachMount, enterNetwork, leaveForNewNetwork, openFile } from "./system-calls.ts";

/** statfs(2) type of a mounted namespace (NSFS_MAGIC). */
const NSFS_MAGIC = 0x6e736673;
/** The calling thread's own: /proc/self is that of the main thread. */
const OF_THIS_THREAD = "/proc/thread-self/ns/net";

/** The daemon's own namespace, opened before the first step out of it. */
let home: number | null = null;

/**
 * Runs `step`, which must be synchronous, in the namespace of an open file; null = the daemon's own. Only the calling
 * thread is elsewhere meanwhile. A process that could not come back must not go on: it would break another network.
 */
export function inNamespace<T>(file: number | null, step: () => T): T {
  if (file === null) return step();
  home ??= openFile(OF_THIS_THREAD);
  enterNetwork(file);
  try {
    return step();
  } finally {
    comeHome(home);
  }
}

/** Makes an empty namespace and gives it the name `path`; false = there was one already. */
export function makeNamespace(path: string): boolean {
  mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
  if (isNamespace(path)) return false;
  closeSync(openSync(path, "a", 0o444));
  home ??= openFile(OF_THIS_THREAD);
  try {
    leaveForNewNetwork();
    bindMount(OF_THIS_THREAD, path);
  } finally {
    comeHome(home);
  }
  return true;
}

/** @throws SwarmError notFound when there is none. To be closed by `closeFile`. */
export function openNamespace(path: string): number {
  return openFile(path);
}

/** Lazily: a process of the namespace may still be dying. Both steps wait for the kernel. */
export async function removeNamespace(path: string): Promise<void> {
  await waitAside(async () => {
    await detachMount(path);
    await rm(path, { force: true });
  });
}

function isNamespace(path: string): boolean {
  try {
    return statfsSync(path).type === NSFS_MAGIC;
  } catch {
    return false;
  }
}

function comeHome(file: number): void {
  try {
    enterNetwork(file);
  } catch {
    process.abort();
  }
}
