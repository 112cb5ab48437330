import { isRetryable } from "../../shared/errors.ts";
import { sleep } from "../../shared/ports/clock.ts";
import type { Cli } from "../cli.ts";

/** The first leader is elected at once, but it has to be elected. */
const LEADER_WAIT_MS = 10_000;
const LOOK_AGAIN_MS = 100;

/** Of a swarm that was just made: it elects its first leader. */
export async function onceLed<T>(cli: Cli, ask: () => Promise<T>): Promise<T> {
  const untilMs = cli.clock.now() + LEADER_WAIT_MS;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (!isRetryable(error) || cli.clock.now() > untilMs) throw error;
      await sleep(cli.clock, LOOK_AGAIN_MS, "leader", cli.signal);
    }
  }
}
