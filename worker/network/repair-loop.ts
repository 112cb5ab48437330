import { messageOf } from "../../shared/errors.ts";
import type { Logger } from "../../shared/log.ts";
import { type Clock, sleep } from "../../shared/ports/clock.ts";
import type { HostNetwork } from "../ports/host-network.ts";

/** How long damage by others lasts at most. A look costs three short processes; see README. */
export const REPAIR_INTERVAL_MS = 5_000;

/** Repairs for as long as the signal allows; what was wrong goes to the log. Ends without error when aborted. */
export async function runNetworkRepair(
  network: Pick<HostNetwork, "repair">,
  dependencies: { readonly clock: Clock; readonly log: Logger },
  signal: AbortSignal,
): Promise<void> {
  const { clock, log } = dependencies;
  while (!signal.aborted) {
    await sleep(clock, REPAIR_INTERVAL_MS, "network repair", signal).catch(() => {});
    if (signal.aborted) return;
    try {
      for (const finding of await network.repair()) log.warn("network repaired", { finding });
    } catch (error) {
      // The next round tries again; a host without `nft` would otherwise lose its whole worker.
      log.error("network could not be repaired", { error: messageOf(error) });
    }
  }
}
