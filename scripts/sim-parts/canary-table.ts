import { loopCanaries } from "../../test/sim/orchestration/canaries/all.ts";
import { huntInLoops, LOOP_HUNTERS } from "../../test/sim/orchestration/canaries/hunt.ts";
import { coreCanaries } from "../../test/sim/raft/canaries/all.ts";
import type { Canary } from "../../test/sim/raft/canaries/canary.ts";
import { type Catch, CORE_HUNTERS, hunt } from "../../test/sim/raft/canaries/hunt.ts";
import type { Canaries } from "./command-line.ts";

/** Without a bug this many seeds must pass, or the table would blame the canaries. */
const CONTROL_SEEDS = 50;

/** Canaries of one part of the source, and who looks for them. */
interface Cage {
  readonly canaries: readonly Canary[];
  /** null: in the source as it is. */
  readonly hunt: (canary: Canary | null, seeds: number) => readonly Catch[];
}

const CAGES: readonly Cage[] = [
  { canaries: coreCanaries, hunt: (canary, seeds) => hunt(canary, CORE_HUNTERS, seeds) },
  { canaries: loopCanaries, hunt: (canary) => huntInLoops(canary, LOOP_HUNTERS) },
];

/** Plants each known bug and prints which tests found it. Returns the exit code: 1 when none did. */
export function showCanaries({ only, seeds }: Canaries): number {
  const isMeant = ({ name }: Canary): boolean => only === null || name === only;
  const cages = CAGES.map((cage) => ({ ...cage, canaries: cage.canaries.filter(isMeant) }));
  if (cages.every(({ canaries }) => canaries.length === 0)) {
    const names = CAGES.flatMap(({ canaries }) => canaries.map(({ name }) => name));
    console.error(`no canary is called ${only}; there are ${names.join(" ")}`);
    return 2;
  }
  return Math.max(...cages.filter(({ canaries }) => canaries.length > 0).map((cage) => showCage(cage, seeds)));
}

function showCage({ canaries, hunt }: Cage, seeds: number): number {
  const alarms = hunt(null, CONTROL_SEEDS).filter(({ found }) => found);
  if (alarms.length > 0) {
    console.error(`without any canary: ${alarms.map(({ hunter, how }) => `${hunter}: ${how}`).join("; ")}`);
    return 1;
  }
  const finds = new Map<string, number>();
  const missed: Canary[] = [];
  for (const canary of canaries) {
    const catches = huntOne(canary, () => hunt(canary, seeds)).filter(({ found }) => found);
    for (const { hunter } of catches) finds.set(hunter, (finds.get(hunter) ?? 0) + 1);
    if (catches.length === 0) missed.push(canary);
  }
  const by = [...finds].map(([hunter, count]) => `${hunter} ${count}`).join(", ");
  console.log(`${canaries.length - missed.length} of ${canaries.length} canaries found (${by})`);
  for (const { name, what } of missed) console.log(`nobody found ${name}: ${what}`);
  return missed.length === 0 ? 0 : 1;
}

/** Prints its line of the table. */
function huntOne({ name, what }: Canary, hunt: () => readonly Catch[]): readonly Catch[] {
  try {
    const catches = hunt();
    const cells = catches.map((one) => `${one.hunter} ${describeCatch(one)}`);
    console.log(`${name} (${what})\n    ${cells.join("\n    ")}`);
    return catches;
  } catch (error) {
    console.log(`${name}: ${error instanceof Error ? error.message : String(error)}`);
    return [];
  }
}

function describeCatch({ found, how }: Catch): string {
  const where = how === "" ? "" : ` (${how.split("\n")[0]})`;
  return `${found ? "found it" : "missed it"}${where}`;
}
