/** A thread of scripts/sim: runs the seeds it is given, slice by slice. */

import { parentPort, workerData } from "node:worker_threads";
import { KINDS, type RunSettings } from "./kinds.ts";
import { addResult, createTally, type Tally } from "./tally.ts";

export interface ThreadData {
  readonly simulation: string;
  readonly settings: RunSettings;
  /** One number: the running seed, in case a run hangs. */
  readonly current: SharedArrayBuffer;
}

export interface Slice {
  readonly from: number;
  readonly count: number;
}

export type Report =
  | { readonly kind: "failed"; readonly seed: number; readonly message: string }
  | { readonly kind: "sliceDone"; readonly tally: Tally };

const { simulation, settings, current } = workerData as ThreadData;
const running = new Float64Array(current);
const port = parentPort;
const kind = KINDS[simulation];
if (port === null || kind === undefined) throw new Error("explorer-thread.ts is started by explore.ts");
const { run } = await kind.load();

port.on("message", (slice: Slice) => {
  void runSlice(slice).then((tally) => port.postMessage({ kind: "sliceDone", tally } satisfies Report));
});

async function runSlice({ from, count }: Slice): Promise<Tally> {
  const tally = createTally();
  const before = process.threadCpuUsage();
  for (let seed = from; seed < from + count; seed++) {
    running[0] = seed;
    try {
      addResult(tally, await run(seed, settings));
    } catch (error) {
      const message =
        error instanceof Error ? (error.name === "SimFailure" ? error.message : error.stack) : String(error);
      port?.postMessage({ kind: "failed", seed, message: message ?? String(error) } satisfies Report);
      tally.seeds++;
    }
  }
  const { user, system } = process.threadCpuUsage(before);
  tally.cpuMs = (user + system) / 1_000;
  return tally;
}
