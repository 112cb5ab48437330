import { readFile } from "node:fs/promises";
import type { ProcessIdentity, ProcessTable } from "./process-table.ts";

/** Field 22 of /proc/PID/stat, counted after the command name, which may itself hold blanks and parentheses. */
const START_TICKS_AFTER_NAME = 19;

/** Processes by /proc. */
export const systemProcessTable: ProcessTable = {
  identify,
  async commandLine(pid) {
    const text = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
    return text.split("\0").slice(0, -1);
  },
  async kill(target, signal) {
    const found = await identify(target.pid);
    if (found?.startTicks !== target.startTicks) return false;
    try {
      process.kill(target.pid, signal);
      return true;
    } catch {
      // It ended in between.
      return false;
    }
  },
};

async function identify(pid: number): Promise<ProcessIdentity | null> {
  const text = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  const [state, ...fields] = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const startTicks = fields[START_TICKS_AFTER_NAME - 1];
  if (startTicks === undefined || state === "Z" || state === "X") return null;
  return { pid, startTicks };
}
