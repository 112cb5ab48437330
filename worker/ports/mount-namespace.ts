/**
 * Entering mount namespaces and making them, for one synchronous step at a time; why that is safe:
 * docs/decisions/0002-root-file-system-in-the-monitors-namespace.md.
 */
import { enterMounts, goTo, leaveForNewMounts, makeRoot, openFile, openPlace } from "./system-calls.ts";

/** The calling thread's own: /proc/self is that of the main thread, which may be elsewhere. */
const OF_THIS_THREAD = "/proc/thread-self/ns/mnt";

interface Home {
  readonly namespace: number;
  readonly root: number;
  readonly directory: number;
}

/** Where the daemon lives, opened before the first step out of it. */
let home: Home | null = null;

/**
 * Runs `step`, which must be synchronous, in a new namespace, which begins as a copy of the daemon's own. It is gone
 * with the last process or open file that is of it. Whatever current directory `step` leaves behind is undone.
 */
export function inNewMounts<T>(step: () => T): T {
  return away(leaveForNewMounts, step);
}

/** The same in the namespace of an open file. */
export function inMounts<T>(file: number, step: () => T): T {
  return away(() => enterMounts(file), step);
}

/** Within a step: the namespace as an open file, which keeps it. To be closed. */
export function openMounts(): number {
  return openFile(OF_THIS_THREAD);
}

function away<T>(leave: () => void, step: () => T): T {
  home ??= { namespace: openFile(OF_THIS_THREAD), root: openPlace("/"), directory: openPlace(".") };
  leave();
  try {
    return step();
  } finally {
    comeHome(home);
  }
}

/** A process that could not come back must not go on: it would see, and mount, another's files. */
function comeHome({ namespace, root, directory }: Home): void {
  try {
    enterMounts(namespace);
    makeRoot(root);
    goTo(directory);
  } catch {
    process.abort();
  }
}
