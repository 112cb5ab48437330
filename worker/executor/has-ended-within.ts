import type { ContainerKey } from "../../shared/ids.ts";
import type { Clock } from "../../shared/ports/clock.ts";
import type { ProcessIdentity } from "../ports/process-table.ts";
import type { ExitWatch } from "./exit-watch.ts";

const LATE = new Error("it did not end in time");

/** Whether a container with this first process ends before `limitMs` have passed. @throws the signal's reason. */
export async function hasEndedWithin(
  { clock, exits }: { readonly clock: Clock; readonly exits: ExitWatch },
  key: ContainerKey,
  process: ProcessIdentity,
  limitMs: number,
  signal: AbortSignal,
): Promise<boolean> {
  const late = new AbortController();
  using _timer = clock.schedule(limitMs, "executor/stop", () => late.abort(LATE));
  try {
    await exits.wait(key, process, AbortSignal.any([late.signal, signal]));
    return true;
  } catch (error) {
    if (error === LATE) return false;
    throw error;
  }
}
