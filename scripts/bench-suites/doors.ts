/** Strangers against a manager: its memory, its files and its promises while they flood it. */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { ROOT } from "../lab-parts/names.ts";
import { underFlood } from "./doors/under-flood.ts";
import { type Figure, figure } from "./figure.ts";

const FLOOD_SECONDS = 60;
const QUICK_SECONDS = 10;
const LEADERS_MAX = 1;
/** The smallest number that the limits are made for. */
const FILES_MAX = 20_000;

export async function measureDoors(quick: boolean): Promise<readonly Figure[]> {
  const lab = (...args: readonly string[]): void => {
    execFileSync(join(ROOT, "scripts/lab"), args, { stdio: ["ignore", "ignore", "inherit"] });
  };
  lab("down");
  lab("up", "3");
  try {
    const seen = await underFlood("host1", quick ? QUICK_SECONDS : FLOOD_SECONDS, FILES_MAX);
    console.error(`strangers: ${seen.strangers}`);
    for (const failure of seen.failures) console.error(`failed: ${failure}`);
    return [
      figure("resident memory of a flooded manager", "MB", 250, seen.megabytes),
      figure("open files of a flooded manager", "files", 1_000, seen.files),
      figure("service create on it meanwhile", "ms", 1_000, seen.createMs),
      figure("creates that failed", "calls", 0, [seen.failures.length]),
      figure("leaders", "leaders", LEADERS_MAX, [seen.leaders.length]),
    ];
  } finally {
    lab("down");
  }
}
