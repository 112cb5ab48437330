import type { Replay } from "./command-line.ts";
import { loadFor } from "./explore.ts";
import { KINDS, type SimKind } from "./kinds.ts";
import { addResult, createTally, renderTally } from "./tally.ts";

/** Repeats one run exactly. Returns the exit code. */
export async function replay({ simulation, seed, steps, canary }: Replay): Promise<number> {
  const kind = KINDS[simulation] as SimKind;
  const tally = createTally();
  const before = process.cpuUsage();
  const began = performance.now();
  const loaded = await loadFor(kind, canary);
  try {
    const result = await loaded.run(seed, { canary, chaosSteps: steps });
    addResult(tally, result);
    console.log(`${simulation} seed ${seed}: trace ${result.hash}\noptions: ${result.options}`);
  } catch (error) {
    console.log(error instanceof Error && error.name !== "SimFailure" ? error.stack : String((error as Error).message));
    return 1;
  }
  const { user, system } = process.cpuUsage(before);
  tally.cpuMs = (user + system) / 1_000;
  console.log(renderTally(tally, loaded, performance.now() - began));
  console.log("no promise was broken");
  return 0;
}
