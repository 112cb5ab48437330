import { SIGKILL, SIGSTOP } from "../../shared/linux/signals.ts";
import type { ProcessEntry, ProcessTable } from "../ports/process-table.ts";
import { familyOf } from "./process-family.ts";

/** Stopped processes start no others, so after a few rounds only processes that race with us can be left. */
const FREEZE_ROUNDS_MAX = 5;

/** Kills a process with all that it has started, and that is still of its family. 0 or no such process = nothing. */
export async function killFamily(processes: ProcessTable, pid: number): Promise<void> {
  const root = pid > 0 ? (await processes.list()).find((entry) => entry.pid === pid) : undefined;
  if (root === undefined) return;
  const frozen = new Map<number, ProcessEntry>();
  for (let round = 0; round < FREEZE_ROUNDS_MAX; round++) {
    const fresh = familyOf(root, await processes.list()).filter((entry) => !frozen.has(entry.pid));
    if (fresh.length === 0) break;
    for (const entry of fresh) frozen.set(entry.pid, entry);
    await Promise.all(fresh.map((entry) => processes.kill(entry, SIGSTOP)));
  }
  await Promise.all([...frozen.values()].map((entry) => processes.kill(entry, SIGKILL)));
}
