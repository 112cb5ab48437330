import { coreCanaries } from "../../test/sim/raft/canaries/all.ts";
import type { CoreCanary } from "../../test/sim/raft/canaries/canary.ts";
import { type Catch, HUNTERS, hunt } from "../../test/sim/raft/canaries/hunt.ts";
import type { Canaries } from "./command-line.ts";

/** Without a bug this many seeds must pass, or the table would blame the canaries. */
const CONTROL_SEEDS = 50;

/** Plants each known bug and prints which simulation found it. Returns the exit code: 1 when none did. */
export function showCanaries({ only, seeds }: Canaries): number {
  const canaries = coreCanaries.filter(({ name }) => only === null || name === only);
  if (canaries.length === 0) {
    console.error(`no canary is called ${only}; there are ${coreCanaries.map(({ name }) => name).join(" ")}`);
    return 2;
  }
  const alarms = hunt(null, HUNTERS, CONTROL_SEEDS).filter(({ found }) => found);
  if (alarms.length > 0) {
    console.error(`without any canary: ${alarms.map(({ hunter, how }) => `${hunter}: ${how}`).join("; ")}`);
    return 1;
  }
  const finds = new Map(HUNTERS.map((hunter) => [hunter, 0]));
  const missed: CoreCanary[] = [];
  for (const canary of canaries) {
    const catches = huntOne(canary, seeds).filter(({ found }) => found);
    for (const { hunter } of catches) finds.set(hunter, (finds.get(hunter) ?? 0) + 1);
    if (catches.length === 0) missed.push(canary);
  }
  const by = [...finds].map(([hunter, count]) => `${hunter} ${count}`).join(", ");
  console.log(`${canaries.length - missed.length} of ${canaries.length} canaries found (${by})`);
  for (const { name, what } of missed) console.log(`nobody found ${name}: ${what}`);
  return missed.length === 0 ? 0 : 1;
}

/** Prints its line of the table. */
function huntOne(canary: CoreCanary, seeds: number): readonly Catch[] {
  try {
    const catches = hunt(canary, HUNTERS, seeds);
    const cells = catches.map((one) => `${one.hunter} ${describeCatch(one)}`);
    console.log(`${canary.name} (${canary.what})\n    ${cells.join("\n    ")}`);
    return catches;
  } catch (error) {
    console.log(`${canary.name}: ${error instanceof Error ? error.message : String(error)}`);
    return [];
  }
}

function describeCatch({ found, how }: Catch): string {
  const where = how === "" ? "" : ` (${how.split("\n")[0]})`;
  return `${found ? "found it" : "missed it"}${where}`;
}
