import { messageOf } from "../../shared/errors.ts";
import { type Logger, levelOfFailure } from "../../shared/log.ts";
import { type Clock, sleep } from "../../shared/ports/clock.ts";
import type { Depth } from "./reconciler.ts";

/** How soon after the start everything is looked at: what an earlier daemon left has been taken over by then. */
export const FIRST_LOOK_MS = 5_000;
/** How often everything is compared with the kernel; what it tells by itself is repaired at once. */
export const FULL_LOOK_INTERVAL_MS = 300_000;
/** Between hearing of a change and looking: who flushes a table makes many at once. */
export const PAUSE_MS_MIN = 10;
/** Another program that undoes every repair is answered at most this often. */
export const PAUSE_MS_MAX = 5_000;
/** So long without a finding, and the next is taken for the first. */
export const QUIET_MS = 60_000;

/** What the loop needs of the host's network. */
export interface Repairable {
  repair(depth: Depth): Promise<readonly string[]>;
  /** Resolves once somebody may have changed something that no `repair` has looked at. */
  disturbance(): Promise<void>;
}

/**
 * Repairs for as long as the signal allows: what others change at once, everything now and then. What was wrong goes
 * to the log, at each doubling where it is wrong again and again. Ends without error when aborted.
 */
export async function runNetworkRepair(
  network: Repairable,
  dependencies: { readonly clock: Clock; readonly log: Logger },
  signal: AbortSignal,
): Promise<void> {
  const { clock, log } = dependencies;
  const found = new FindingCounts();
  let failures = 0;
  let pause = PAUSE_MS_MIN;
  let fullLookAt = clock.now() + FIRST_LOOK_MS;
  while (!signal.aborted) {
    await disturbanceUntil(fullLookAt, network, clock, signal);
    // In a fight the pause grows; what comes meanwhile waits for its end.
    await sleep(clock, pause, "network repair", signal).catch(() => {});
    if (signal.aborted) return;
    const isFull = clock.now() >= fullLookAt;
    if (isFull) fullLookAt = clock.now() + FULL_LOOK_INTERVAL_MS;
    try {
      const findings = await network.repair(isFull ? "everything" : "known");
      failures = 0;
      if (findings.length > 0) pause = Math.min(PAUSE_MS_MAX, pause * 2);
      else if (found.isQuiet(clock.now())) pause = PAUSE_MS_MIN;
      for (const finding of findings) {
        const times = found.count(finding, clock.now());
        log[levelOfFailure(times)]("network repaired", { finding, times });
      }
    } catch (error) {
      // Tried again: a host whose kernel refuses something would otherwise lose its whole worker.
      log[levelOfFailure(++failures)]("network could not be repaired", { error: messageOf(error), failures });
      fullLookAt = Math.min(fullLookAt, clock.now() + PAUSE_MS_MAX);
    }
  }
}

/** Resolves at the time at the latest. */
async function disturbanceUntil(at: number, network: Repairable, clock: Clock, signal: AbortSignal): Promise<void> {
  const waiting = new AbortController();
  const end = (): void => waiting.abort();
  signal.addEventListener("abort", end);
  const left = Math.max(0, at - clock.now());
  await Promise.race([network.disturbance(), sleep(clock, left, "network repair", waiting.signal).catch(() => {})]);
  signal.removeEventListener("abort", end);
  waiting.abort();
}

/** How many times each thing was found, until it has not been for a while. */
class FindingCounts {
  readonly #counts = new Map<string, { times: number; at: number }>();

  count(finding: string, now: number): number {
    this.isQuiet(now);
    const entry = this.#counts.get(finding) ?? { times: 0, at: now };
    entry.times++;
    entry.at = now;
    this.#counts.set(finding, entry);
    return entry.times;
  }

  /** Forgets what was last found long ago; returns whether nothing is left. */
  isQuiet(now: number): boolean {
    for (const [finding, { at }] of this.#counts) if (now - at > QUIET_MS) this.#counts.delete(finding);
    return this.#counts.size === 0;
  }
}
