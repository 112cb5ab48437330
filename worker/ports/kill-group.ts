import type { ChildProcess } from "node:child_process";

/** Kills a child that was started detached, with all of its process group. Gone already is fine. */
export function killGroup(child: ChildProcess): void {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
  } catch {
    // It ended in between.
  }
}
