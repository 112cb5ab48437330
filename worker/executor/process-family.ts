import type { ProcessEntry } from "../ports/process-table.ts";

/**
 * A process, all its descendants, and all of its session: what it started is found through its parent, and what it left
 * behind, whose parent has ended, through the session. Only a process that has made a session of its own and lost its
 * parent escapes: a daemon, which means to stay. Empty when the process itself and all of its session are gone.
 */
export function familyOf(root: ProcessEntry, processes: readonly ProcessEntry[]): readonly ProcessEntry[] {
  const family = new Map<number, ProcessEntry>();
  for (const entry of processes) {
    const isRoot = entry.pid === root.pid && entry.startTicks === root.startTicks;
    if (isRoot || entry.session === root.session) family.set(entry.pid, entry);
  }
  for (let size = -1; size !== family.size; ) {
    size = family.size;
    for (const entry of processes) if (family.has(entry.parent)) family.set(entry.pid, entry);
  }
  return [...family.values()];
}
