import { messageOf } from "../../shared/errors.ts";
import { type Logger, levelOfFailure } from "../../shared/log.ts";
import { type Clock, sleep } from "../../shared/ports/clock.ts";
import type { HostNetwork } from "../ports/host-network.ts";

/** How long damage by others lasts at most. A look costs three short processes; see README. */
export const REPAIR_INTERVAL_MS = 5_000;

/**
 * Repairs for as long as the signal allows; what was wrong goes to the log, at each doubling where it is wrong again at
 * every look. Ends without error when aborted.
 */
export async function runNetworkRepair(
  network: Pick<HostNetwork, "repair">,
  dependencies: { readonly clock: Clock; readonly log: Logger },
  signal: AbortSignal,
): Promise<void> {
  const { clock, log } = dependencies;
  let failures = 0;
  /** How many looks in a row found it. */
  let found: ReadonlyMap<string, number> = new Map();
  while (!signal.aborted) {
    await sleep(clock, REPAIR_INTERVAL_MS, "network repair", signal).catch(() => {});
    if (signal.aborted) return;
    try {
      const findings = await network.repair();
      failures = 0;
      found = new Map(findings.map((finding) => [finding, (found.get(finding) ?? 0) + 1]));
      for (const [finding, times] of found) log[levelOfFailure(times)]("network repaired", { finding, times });
    } catch (error) {
      // The next round tries again; a host without `nft` would otherwise lose its whole worker.
      log[levelOfFailure(++failures)]("network could not be repaired", { error: messageOf(error), failures });
    }
  }
}
