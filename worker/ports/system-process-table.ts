import { readFileSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import type { ProcessEntry, ProcessTable } from "./process-table.ts";

/** Fields of /proc/PID/stat (proc(5)), counted from the state, which follows the command's name. */
const PARENT_FIELD = 1;
const SESSION_FIELD = 3;
const START_TICKS_FIELD = 19;

/** Processes by /proc. */
export const systemProcessTable: ProcessTable = {
  identify,
  async list() {
    const names = await readdir("/proc");
    const found = await Promise.all(names.filter((name) => /^\d+$/.test(name)).map((name) => identify(Number(name))));
    return found.filter((entry) => entry !== null);
  },
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

async function identify(pid: number): Promise<ProcessEntry | null> {
  const text = readStat(pid);
  // The name stands in parentheses and may itself hold blanks and parentheses.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const [state] = fields;
  const startTicks = fields[START_TICKS_FIELD];
  if (startTicks === undefined || state === "Z" || state === "X") return null;
  return { pid, startTicks, parent: Number(fields[PARENT_FIELD]), session: Number(fields[SESSION_FIELD]) };
}

/** Synchronous: the kernel has the answer at hand, and another thread would cost ten times as much. "" = it ended. */
function readStat(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/stat`, "utf8");
  } catch {
    return "";
  }
}
